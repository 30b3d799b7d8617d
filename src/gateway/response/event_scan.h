#pragma once
// What one event of an OpenAI stream says, as far as the gateway cares. Pure, no allocation, one
// pass.

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/response/usage.h"

namespace penstock::gateway {

struct EventFacts {
  bool done = false;  ///< data: [DONE]
  bool usage_only =
      false;  ///< has usage and an empty list of choices: the chunk that include_usage adds
  bool error = false;          ///< an error object in place of choices
  std::uint32_t finished = 0;  ///< choices that state a finish_reason
  std::uint32_t tokens = 0;    ///< a count of the text in it, for streams that end without usage
  std::optional<Usage> usage;
};

/// `event` is one complete event with its field names and line ends, as it came.
[[nodiscard]] EventFacts scan_event(std::string_view event) noexcept;

}  // namespace penstock::gateway
