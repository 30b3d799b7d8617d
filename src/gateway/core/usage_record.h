#pragma once
// What one call used, for whoever keeps books of it. Knows no sockets. One sink per core; emit() is
// called on the core's thread once per inference call that reached a route, and must not block.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "gateway/response/usage.h"
#include "gateway/snapshot/document.h"

namespace penstock::gateway {

/// Views are valid during emit() only.
struct UsageRecord {
  WallTime at{};  ///< when the call began
  std::string_view request_id = {};
  const snapshot::Consumer* consumer = nullptr;  ///< null: not authenticated
  std::string_view route = {};                   ///< "namespace/name"; empty when none was found
  std::string_view deployment = {};              ///< the one that answered last
  std::string_view operation = {};               ///< "chat", "text_completion", "embeddings"
  std::string_view model = {};                   ///< as the client asked
  bool stream = false;
  int status = 0;                    ///< as the client saw it; 499 = it left first
  std::string_view error_code = {};  ///< of the gateway's own error; empty otherwise
  Usage usage = {};
  bool estimated = false;  ///< counted by us, because the upstream did not say
  std::uint32_t attempts = 0;
  std::chrono::nanoseconds duration{0};
  std::chrono::nanoseconds waited{0};  ///< of it, in the gateway until an endpoint could take it
  std::chrono::nanoseconds to_first_byte{0};  ///< of the answer's body; 0 = there was none
};

class UsageSink {
 public:
  virtual ~UsageSink() = default;
  virtual void emit(const UsageRecord& record) = 0;
};

}  // namespace penstock::gateway
