#include "gateway/snapshot/snapshot.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/log.h"
#include "gateway/snapshot/document_json.h"
#include "gateway/snapshot/glob.h"

namespace penstock::gateway::snapshot {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  log::append_json_string(out, text);
  return out;
}

/// Percent-encodes what may not stand in a path segment (RFC 3986 §3.3).
std::string path_segment(std::string_view text) {
  constexpr std::string_view kPlain = "-._~!$&'()*+,;=:@";
  std::string out;
  for (const char c : text) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alnum || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool has_labels(const Consumer& consumer, const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&consumer](const auto& label) {
    const auto found = consumer.labels.find(label.first);
    return found != consumer.labels.end() && found->second == label.second;
  });
}

routing::Algorithm algorithm(Balancing balancing) {
  switch (balancing) {
    case Balancing::kLatency:
      return routing::Algorithm::kLatency;
    case Balancing::kWeighted:
      return routing::Algorithm::kWeighted;
    case Balancing::kRoundRobin:
      return routing::Algorithm::kRoundRobin;
    case Balancing::kAuto:
    case Balancing::kPrefixAffinity:
    case Balancing::kLeastLoad:
      return routing::Algorithm::kLeastLoad;
  }
  return routing::Algorithm::kLeastLoad;
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> Snapshot::compile(Document document) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot(std::move(document)));
  PENSTOCK_CHECK_OK(snapshot->check());
  PENSTOCK_CHECK_OK(snapshot->index_keys());
  snapshot->index_endpoints();
  snapshot->index_routes();
  for (const Deployment& deployment : snapshot->document_.deployments) {
    snapshot->prepare_text(deployment);
  }
  if (snapshot->document_.version.empty()) {
    snapshot->document_.version = content_version(snapshot->document_);
  }
  return snapshot;
}

Result<> Snapshot::check() const {
  for (const Route& route : document_.routes) {
    for (const Tier& tier : route.tiers) {
      for (const Backend& backend : tier.backends) {
        if (backend.deployment >= document_.deployments.size()) {
          return fail(Code::kInvalid,
                      fmt::format("route {} names deployment {} of {}: compile the snapshot anew",
                                  route.name, backend.deployment, document_.deployments.size()));
        }
      }
    }
  }
  return {};
}

Result<> Snapshot::index_keys() {
  std::vector<KeyTable::Entry> entries;
  entries.reserve(document_.api_keys.size());
  for (const ApiKey& key : document_.api_keys) {
    const std::optional<KeyDigest> digest = parse_digest(key.sha256_hex);
    if (!digest || key.consumer >= document_.consumers.size()) {
      return fail(
          Code::kInvalid,
          fmt::format("API key {} of consumer {}: not a SHA-256 in hex, or no such consumer",
                      key.sha256_hex.substr(0, 8), key.consumer));
    }
    entries.push_back({*digest, key.consumer});
  }
  keys_ = KeyTable(entries);
  return {};
}

void Snapshot::index_endpoints() {
  for (std::uint32_t d = 0; d < document_.deployments.size(); ++d) {
    const Deployment& deployment = document_.deployments[d];
    first_endpoint_.push_back(static_cast<std::uint32_t>(endpoints_.size()));
    for (const Endpoint& endpoint : deployment.endpoints) {
      const bool default_port = endpoint.port == (endpoint.tls ? 443 : 80);
      const bool ipv6 = endpoint.host.find(':') != std::string::npos;
      std::string authority = ipv6 ? fmt::format("[{}]", endpoint.host) : endpoint.host;
      if (!default_port) {
        authority += fmt::format(":{}", endpoint.port);
      }
      endpoints_.push_back({d, &endpoint, fmt::format("{}\n{}", deployment.name, endpoint.id),
                            std::move(authority)});
      facts_.push_back({.deployment = d, .ready = endpoint.ready, .draining = endpoint.draining});
    }
  }
}

void Snapshot::index_routes() {
  for (std::uint32_t r = 0; r < document_.routes.size(); ++r) {
    const Route& route = document_.routes[r];
    build_plan(route);
    std::vector<std::string_view> names(route.models.begin(), route.models.end());
    if (names.empty()) {
      add_names(route, names);
    }
    for (const std::string_view name : std::set<std::string_view>(names.begin(), names.end())) {
      if (is_glob(name)) {
        globs_.push_back({std::string(name), r});
      } else {
        exact_[std::string(name)].push_back(r);
      }
    }
    std::vector<bool>& open = open_to_.emplace_back();
    for (const Consumer& consumer : document_.consumers) {
      open.push_back(!route.consumer_labels || has_labels(consumer, *route.consumer_labels));
    }
  }
}

void Snapshot::build_plan(const Route& route) {
  routing::Plan& plan = plans_.emplace_back();
  plan.algorithm = algorithm(route.balancing);
  plan.attempts = std::max(route.resilience.attempts, 1U);
  plan.breaker = {.consecutive_failures = route.resilience.breaker_consecutive_failures,
                  .open_for = route.resilience.breaker_open_for};
  for (const Tier& tier : route.tiers) {
    routing::PlannedTier& planned = plan.tiers.emplace_back();
    planned.spill = {.throttled = tier.spill.throttled,
                     .overloaded = tier.spill.overloaded,
                     .error = tier.spill.error,
                     .timeout = tier.spill.timeout};
    for (const Backend& backend : tier.backends) {
      const Deployment& deployment = document_.deployments[backend.deployment];
      const auto& cold_start = deployment.cold_start;
      const bool waits = cold_start && cold_start->max_wait.count() > 0;
      planned.backends.push_back(
          {.deployment = backend.deployment,
           .weight = backend.weight,
           .first_endpoint = first_endpoint_[backend.deployment],
           .endpoint_count = static_cast<std::uint32_t>(deployment.endpoints.size()),
           .waits_for_start = waits,
           .holds_while_cold = waits && !cold_start->spill_while_waiting});
    }
  }
}

void Snapshot::prepare_text(const Deployment& deployment) {
  std::string before = deployment.path_prefix;
  std::string after;
  if (deployment.dialect == Dialect::kAzureOpenAI) {
    before = "/openai/deployments/" + path_segment(deployment.azure_deployment);
    after = "?api-version=" + path_segment(deployment.azure_api_version);
  }
  texts_.push_back({.chat_target = before + "/chat/completions" + after,
                    .completion_target = before + "/completions" + after,
                    .embedding_target = before + "/embeddings" + after,
                    .upstream_model_json = deployment.upstream_model.empty()
                                               ? ""
                                               : quoted(deployment.upstream_model)});
}

Snapshot::Resolution Snapshot::resolve(std::uint32_t consumer, std::string_view model,
                                       std::string_view path, const HeaderLookup& header) const {
  bool known = false;
  std::optional<std::uint32_t> first;
  const auto consider = [&](std::uint32_t route) {
    if ((first && route >= *first) || !takes(document_.routes[route], path, header)) {
      return;
    }
    known = true;
    if (open_to_[route][consumer]) {
      first = route;
    }
  };
  if (const auto exact = exact_.find(model); exact != exact_.end()) {
    for (const std::uint32_t route : exact->second) {
      consider(route);
    }
  }
  for (const GlobRoute& glob : globs_) {
    if (first && glob.route >= *first) {
      break;  // in order of routes
    }
    if (glob_matches(glob.pattern, model)) {
      consider(glob.route);
    }
  }
  if (!known) {
    return {Access::kUnknownModel, 0};
  }
  if (!first || !consumer_may_use(consumer, model)) {
    return {Access::kForbidden, 0};
  }
  return {Access::kGranted, *first};
}

std::vector<std::string_view> Snapshot::models_for(std::uint32_t consumer) const {
  std::vector<std::string_view> candidates;
  for (std::size_t r = 0; r < document_.routes.size(); ++r) {
    if (!open_to_[r][consumer]) {
      continue;
    }
    const Route& route = document_.routes[r];
    std::vector<std::string_view> served;
    add_names(route, served);
    if (route.models.empty()) {
      candidates.insert(candidates.end(), served.begin(), served.end());
    }
    for (const std::string& pattern : route.models) {
      if (!is_glob(pattern)) {
        candidates.push_back(pattern);
        continue;
      }
      std::copy_if(served.begin(), served.end(), std::back_inserter(candidates),
                   [&pattern](std::string_view name) { return glob_matches(pattern, name); });
    }
  }
  std::set<std::string_view> names;
  for (const std::string_view name : candidates) {
    // The route that would really answer may be another, earlier one that is closed to this
    // consumer's labels: it is then passed over, so the name stays callable.
    if (consumer_may_use(consumer, name)) {
      names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

bool Snapshot::consumer_may_use(std::uint32_t consumer, std::string_view model) const {
  const auto& allowed = document_.consumers[consumer].allowed_models;
  return !allowed ||
         std::any_of(allowed->begin(), allowed->end(),
                     [model](const std::string& pattern) { return glob_matches(pattern, model); });
}

bool Snapshot::takes(const Route& route, std::string_view path, const HeaderLookup& header) const {
  const bool path_ok = route.paths.empty() || std::any_of(route.paths.begin(), route.paths.end(),
                                                          [path](const std::string& prefix) {
                                                            return path.starts_with(prefix);
                                                          });
  return path_ok && std::all_of(route.headers.begin(), route.headers.end(),
                                [&header](const HeaderMatch& match) {
                                  return header(match.name) == match.value;
                                });
}

void Snapshot::add_names(const Route& route, std::vector<std::string_view>& names) const {
  for (const Tier& tier : route.tiers) {
    for (const Backend& backend : tier.backends) {
      const Deployment& deployment = document_.deployments[backend.deployment];
      names.emplace_back(deployment.model);
      names.insert(names.end(), deployment.aliases.begin(), deployment.aliases.end());
    }
  }
}

}  // namespace penstock::gateway::snapshot
