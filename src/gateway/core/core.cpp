#include "gateway/core/core.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "gateway/core/call.h"

namespace penstock::gateway {
namespace {

constexpr std::string_view kJson = "application/json";

/// A request id of the client's is kept if it is short and cannot disturb a log or a header.
bool usable_request_id(std::string_view id) {
  constexpr std::size_t kMost = 128;
  return !id.empty() && id.size() <= kMost && std::all_of(id.begin(), id.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\';
  });
}

void append_model(std::string& out, std::string_view name) {
  out += R"({"id":)";
  log::append_json_string(out, name);
  out += R"(,"object":"model","created":0,"owned_by":"penstock"})";
}

}  // namespace

struct Core::ScratchLease {
  explicit ScratchLease(Core& owner) : core(owner) {
    if (core.scratch_.empty()) {
      scratch = std::make_unique<Scratch>();
    } else {
      scratch = std::move(core.scratch_.back());
      core.scratch_.pop_back();
    }
  }
  ~ScratchLease() {
    constexpr std::size_t kKeep = 256;
    constexpr std::size_t kLargest = 256U << 10U;
    if (core.scratch_.size() < kKeep && scratch->upstream_body.capacity() < kLargest) {
      core.scratch_.push_back(std::move(scratch));
    }
  }
  ScratchLease(const ScratchLease&) = delete;
  ScratchLease& operator=(const ScratchLease&) = delete;

  Core& core;
  std::unique_ptr<Scratch> scratch;
};

Core::Core(net::Loop& loop, std::uint64_t seed, Shared& shared, CallSinks sinks)
    : loop_(loop),
      random_(seed),
      shared_(shared),
      sinks_(sinks),
      metrics_(registry_),
      pool_(loop),
      slots_(pool_),
      room_(loop, shared.room, *this) {}

void Core::apply(std::shared_ptr<const snapshot::Snapshot> snapshot) {
  const std::string old_version = binding_ ? binding_->snapshot().document().version : "";
  auto next = std::make_shared<Binding>(std::move(snapshot), slots_, metrics_, demand_);
  const std::string& new_version = next->snapshot().document().version;
  binding_ = std::move(next);
  slots_.prune();
  demand_.prune();
  metrics_.show_snapshot(old_version == new_version ? "" : old_version, new_version);
  room_.exits_changed();
}

// The refusal must still reach the client before the connection is cut.
void Core::end_waiting(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kMostForRefusals{1'000};
  constexpr int kShare = 5;
  room_.leave_by(loop_.now() + limit - std::min(limit / kShare, kMostForRefusals));
}

std::optional<routing::Openings> Core::openings(std::string_view route) {
  // So many calls an endpoint gets at once from those that waited; more follow as it takes them.
  constexpr std::size_t kPerEndpoint = 32;
  const auto index = binding_->route_named(route);
  if (!index) {
    return std::nullopt;
  }
  const std::size_t mine = std::max<std::size_t>(kPerEndpoint / shared_.cores, 1);
  return binding_->openings(*index, loop_.now(), static_cast<std::uint32_t>(mine));
}

bool Core::uses(std::string_view route, std::string_view deployment) const {
  const auto index = binding_->route_named(route);
  const auto wanted = binding_->deployment_named(deployment);
  if (!index || !wanted) {
    return false;
  }
  const auto& tiers = binding_->snapshot().document().routes[*index].tiers;
  return std::ranges::any_of(tiers, [&](const snapshot::Tier& tier) {
    return std::ranges::find(tier.backends, *wanted, &snapshot::Backend::deployment) !=
           tier.backends.end();
  });
}

net::Task<void> Core::handle(net::Exchange& exchange) {
  const ScratchLease lease(*this);
  Scratch& scratch = *lease.scratch;
  const net::RequestHead& head = exchange.head();
  match_operation(head.method, head.path(), scratch.asked);
  choose_request_id(head, scratch.request_id);
  add_common_headers(exchange, scratch.request_id, binding_->snapshot().document().cors);
  if (is_inference(scratch.asked.operation)) {
    Call call(*this, exchange, scratch);
    co_await call.run();
  } else {
    co_await simple(exchange, scratch);
  }
}

net::Task<void> Core::simple(net::Exchange& exchange, const Scratch& scratch) {
  const net::RequestHead& head = exchange.head();
  switch (scratch.asked.operation) {
    case Operation::kLive:
      co_await health(exchange, true);
      co_return;
    case Operation::kReady:
      co_await health(exchange, !draining_);
      co_return;
    case Operation::kListModels:
    case Operation::kGetModel:
      co_await models(exchange, scratch);
      co_return;
    case Operation::kPreflight:
      co_await preflight(exchange);
      co_return;
    case Operation::kMethodNotAllowed: {
      exchange.add_header("allow", scratch.asked.allow);
      const ApiError error = method_not_allowed(head.method_name, scratch.asked.allow);
      co_await answer_error(exchange, error);
      co_return;
    }
    case Operation::kNotImplemented: {
      const ApiError error = path_not_implemented(head.path());
      co_await answer_error(exchange, error);
      co_return;
    }
    default: {
      const ApiError error = path_unknown(head.path());
      co_await answer_error(exchange, error);
      co_return;
    }
  }
}

net::Task<void> Core::health(net::Exchange& exchange, bool ready) {
  exchange.set_status(ready ? 200 : 503);
  exchange.add_header("content-type", "text/plain");
  exchange.add_header("cache-control", "no-store");
  const std::string_view text = ready ? "ok\n" : "draining\n";
  co_await exchange.send(text);
}

net::Task<void> Core::models(net::Exchange& exchange, const Scratch& scratch) {
  const std::shared_ptr<Binding> binding = binding_;
  const snapshot::Snapshot& snapshot = binding->snapshot();
  const net::HeaderList& headers = exchange.head().headers;
  if (!through_front_door(headers, snapshot.document().edge)) {
    const ApiError error = not_through_front_door();
    co_await answer_error(exchange, error);
    co_return;
  }
  const auto consumer = authenticate(headers, snapshot, loop_.clock().wall_now());
  if (!consumer) {
    const ApiError error = auth_error(consumer.error());
    co_await answer_error(exchange, error);
    co_return;
  }
  const std::vector<std::string_view> names = snapshot.models_for(*consumer);
  std::string body;
  if (scratch.asked.operation == Operation::kGetModel) {
    if (std::find(names.begin(), names.end(), scratch.asked.model) == names.end()) {
      const ApiError error = model_unknown(scratch.asked.model);
      co_await answer_error(exchange, error);
      co_return;
    }
    append_model(body, scratch.asked.model);
  } else {
    body = R"({"object":"list","data":[)";
    for (const std::string_view name : names) {
      body += body.back() == '[' ? "" : ",";
      append_model(body, name);
    }
    body += "]}";
  }
  exchange.set_status(200);
  exchange.add_header("content-type", kJson);
  co_await exchange.send(body);
}

// Browsers ask without a key. Without a configured origin the answer has no allow header, which
// means no.
net::Task<void> Core::preflight(net::Exchange& exchange) {
  const snapshot::Cors& cors = binding_->snapshot().document().cors;
  const net::HeaderList& headers = exchange.head().headers;
  exchange.set_status(204);
  if (headers.has(net::Known::kAccessControlRequestMethod) && !cors.allow_origins.empty()) {
    exchange.add_header("access-control-allow-methods", "GET, POST, OPTIONS");
    exchange.add_header("access-control-max-age", "600");
    std::string allowed;
    for (const std::string& name : cors.allow_headers) {
      allowed += allowed.empty() ? "" : ", ";
      allowed += name;
    }
    const std::string_view asked = headers.get(net::Known::kAccessControlRequestHeaders);
    exchange.add_header("access-control-allow-headers",
                        allowed.empty() ? asked : std::string_view(allowed));
  } else {
    exchange.add_header("allow", "GET, HEAD, POST, OPTIONS");
  }
  co_await exchange.send({});
}

void Core::choose_request_id(const net::RequestHead& head, std::string& out) {
  const std::string_view theirs = head.headers.get(net::Known::kXRequestId);
  if (usable_request_id(theirs)) {
    out.assign(theirs);
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::size_t kDigits = 16;
  std::array<char, 4 + 2 * kDigits> id{'r', 'e', 'q', '_'};
  for (std::size_t word = 0; word < 2; ++word) {
    std::uint64_t bits = random_.next();
    for (std::size_t i = 0; i < kDigits; ++i) {
      id[4 + word * kDigits + i] = kHex[bits & 0xfU];
      bits >>= 4U;
    }
  }
  out.assign(id.data(), id.size());
}

ApiError auth_error(AuthFault fault) {
  switch (fault) {
    case AuthFault::kMissing:
      return missing_key();
    case AuthFault::kUnknown:
      return unknown_key();
    case AuthFault::kExpired:
      return expired_key();
  }
  return unknown_key();
}

net::Task<void> answer_error(net::Exchange& exchange, const ApiError& error) {
  exchange.set_status(error.status);
  exchange.add_header("content-type", kJson);
  if (error.retry_after) {
    const auto ms =
        static_cast<std::uint64_t>(std::max<std::int64_t>(error.retry_after->count(), 0));
    constexpr std::uint64_t kMsPerSecond = 1'000;
    exchange.add_header("retry-after-ms", ms);
    exchange.add_header("retry-after", (ms + kMsPerSecond - 1) / kMsPerSecond);
  }
  if (error.status == 401) {
    exchange.add_header("www-authenticate", "Bearer");
  }
  const std::string body = error_json(error);
  co_await exchange.send(body);
}

void add_common_headers(net::Exchange& exchange, std::string_view request_id,
                        const snapshot::Cors& cors) {
  exchange.add_header("x-request-id", request_id);
  if (!exchange.head().headers.has(net::Known::kOrigin)) {
    return;
  }
  const std::string_view origin = exchange.head().headers.get(net::Known::kOrigin);
  for (const std::string& allowed : cors.allow_origins) {
    if (allowed == "*" || allowed == origin) {
      exchange.add_header("access-control-allow-origin",
                          allowed == "*" ? std::string_view("*") : origin);
      exchange.add_header("vary", "origin");
      exchange.add_header("access-control-expose-headers",
                          "x-request-id, retry-after, retry-after-ms");
      return;
    }
  }
}

}  // namespace penstock::gateway
