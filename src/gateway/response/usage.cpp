#include "gateway/response/usage.h"

#include <charconv>

#include "gateway/response/json_keys.h"

namespace penstock::gateway {

Usage parse_usage(std::string_view object) noexcept {
  Usage usage;
  walk_keys(object, [&](std::string_view key, std::size_t value) {
    std::int64_t* target = nullptr;
    if (key == "prompt_tokens" || key == "input_tokens") {
      target = &usage.input;
    } else if (key == "completion_tokens" || key == "output_tokens") {
      target = &usage.output;
    } else if (key == "cached_tokens") {
      target = &usage.cached;
    } else if (key == "reasoning_tokens") {
      target = &usage.reasoning;
    }
    if (target != nullptr) {
      std::int64_t count = 0;
      const char* end = object.data() + object.size();
      const auto read = std::from_chars(object.data() + value, end, count);
      if (read.ec == std::errc() && count >= 0) {
        *target = count;
      }
    }
    return value;
  });
  return usage;
}

}  // namespace penstock::gateway
