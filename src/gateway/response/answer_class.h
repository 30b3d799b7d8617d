#pragma once
// What an upstream's status means for routing: pass it on, or try elsewhere, and what it says of
// the endpoint. Pure.

#include "net/http_client.h"
#include "routing/endpoint_state.h"
#include "routing/plan.h"

namespace penstock::gateway {

struct AnswerClass {
  bool elsewhere = false;  ///< another endpoint may do better
  routing::Block block = routing::Block::kNone;
  routing::Verdict verdict = routing::Verdict::kOk;
};

/// 2xx, 3xx and the client's own faults (400, 404, 413, content filter …) are final.
/// `asks_to_wait`: Retry-After or retry-after-ms came along, which makes a 503 a matter of waiting
/// rather than of health.
[[nodiscard]] AnswerClass classify_status(int status, bool asks_to_wait) noexcept;

/// The same for calls that got no answer.
[[nodiscard]] AnswerClass classify_fault(net::CallFault fault) noexcept;

/// For labels: "throttled", "overloaded", "error", "timeout".
[[nodiscard]] std::string_view block_name(routing::Block block) noexcept;

}  // namespace penstock::gateway
