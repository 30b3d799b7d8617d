#include "controller/snapshot/route_policy.h"

#include <algorithm>

namespace penstock::controller::snapshot {
namespace {

namespace mr = crd::model_route;
namespace doc = gateway::snapshot;
using std::chrono::ceil;
using std::chrono::milliseconds;

doc::Balancing balancing_of(mr::BalancingAlgorithm algorithm) {
  switch (algorithm) {
    case mr::BalancingAlgorithm::kPrefixAffinity:
      return doc::Balancing::kPrefixAffinity;
    case mr::BalancingAlgorithm::kLeastLoad:
      return doc::Balancing::kLeastLoad;
    case mr::BalancingAlgorithm::kLatency:
      return doc::Balancing::kLatency;
    case mr::BalancingAlgorithm::kWeighted:
      return doc::Balancing::kWeighted;
    case mr::BalancingAlgorithm::kRoundRobin:
      return doc::Balancing::kRoundRobin;
    case mr::BalancingAlgorithm::kAuto:
    case mr::BalancingAlgorithm::kUnknown:
      return doc::Balancing::kAuto;
  }
  return doc::Balancing::kAuto;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void apply_match(const mr::Match& match, doc::Route& route) {
  route.models = match.models;
  route.paths = match.paths;
  for (const auto& header : match.headers) {
    route.headers.push_back({lower(header.name), header.value});
  }
  if (match.consumers) {
    route.consumer_labels = match.consumers->selector.match_labels;
  }
}

}  // namespace

bool may_be_served(const crd::ModelRoute& object, Problems& problems) {
  const auto& spec = object.spec;
  const auto report = [&](const char* field, std::string_view reason, std::string message) {
    problems.push_back(
        {{std::string(crd::ModelRoute::kKind), object.metadata.namespace_, object.metadata.name},
         std::string("/spec/") + field,
         std::string(reason),
         std::move(message)});
  };
  struct Field {
    const char* name;
    bool given;
  };
  bool safe = true;
  for (const Field field :
       {Field{"safety", spec.safety.has_value()}, Field{"privacy", spec.privacy.has_value()}}) {
    if (field.given) {
      safe = false;
      report(field.name, kNotSupported,
             "ModelRoute " + object.metadata.full_name() +
                 " takes no calls: this version cannot carry out " + field.name +
                 ", and serving without it would be unsafe; remove it to accept that");
    }
  }
  for (const Field field :
       {Field{"affinity", spec.affinity.has_value()}, Field{"cache", spec.cache.has_value()},
        Field{"mirror", !spec.mirror.empty()}, Field{"canary", spec.canary.has_value()},
        Field{"resilience/hedge", spec.resilience.hedge.has_value()}}) {
    if (field.given) {
      report(field.name, kNotApplied,
             std::string(field.name) +
                 " is not applied by this version; the route is served without it");
    }
  }
  return safe;
}

void apply_policy(const crd::ModelRoute& object, doc::Route& route) {
  const auto& spec = object.spec;
  if (spec.match) {
    apply_match(*spec.match, route);
  }
  route.balancing = balancing_of(spec.balancing.algorithm.value());
  auto& out = route.resilience;
  const auto& in = spec.resilience;
  out.attempts = static_cast<std::uint32_t>(std::max(in.attempts, 1));
  out.per_try_timeout =
      ceil<milliseconds>(in.per_try_timeout.value_or(std::chrono::nanoseconds(0)));
  out.time_to_first_token_timeout =
      ceil<milliseconds>(in.time_to_first_token_timeout.value_or(std::chrono::nanoseconds(0)));
  out.breaker_consecutive_failures =
      static_cast<std::uint32_t>(std::max(in.breaker.consecutive_failures, 1));
  out.breaker_open_for = ceil<milliseconds>(in.breaker.open_for);
  if (in.queue) {
    out.queue = {.max_wait = ceil<milliseconds>(in.queue->max_wait),
                 .max_depth = static_cast<std::uint32_t>(std::max(in.queue->max_depth, 1))};
  }
}

doc::Spill spill_of(const mr::Spill& spill) {
  doc::Spill out;
  out.keep_full = spill.keep_full;
  if (spill.when.empty()) {
    return out;  // all four
  }
  const auto listed = [&spill](mr::SpillWhen cause) {
    return std::ranges::any_of(spill.when, [cause](const auto& item) { return item == cause; });
  };
  out.throttled = listed(mr::SpillWhen::kThrottled);
  out.overloaded = listed(mr::SpillWhen::kOverloaded);
  out.error = listed(mr::SpillWhen::kError);
  out.timeout = listed(mr::SpillWhen::kTimeout);
  return out;
}

}  // namespace penstock::controller::snapshot
