#pragma once
// Why a call to an upstream failed, as finely as the caller's next step needs it.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace penstock::net {

enum class CallFault : std::uint8_t {
  kDns,      ///< the name does not resolve
  kConnect,  ///< refused, unreachable, or no connection in time
  kTls,      ///< handshake or certificate
  kStale,  ///< a reused connection died before any byte of an answer: retry at once, it is not the
           ///< upstream's fault
  kReset,  ///< the upstream closed or reset before the answer's end
  kTimeout,    ///< set_timeout() has passed
  kProtocol,   ///< the answer is not HTTP/1.1, or its framing is broken
  kTooLarge,   ///< a head or whole body over its limit
  kCancelled,  ///< abort()
};

[[nodiscard]] std::string_view to_string(CallFault fault) noexcept;

struct CallError {
  CallFault fault = CallFault::kReset;
  std::string detail;  ///< for logs: "connect 10.0.0.1:8000: connection refused"
};

template <class T>
using Expected = std::expected<T, CallError>;

}  // namespace penstock::net
