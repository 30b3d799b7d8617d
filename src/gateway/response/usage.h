#pragma once
// Token counts as an upstream states them, read from the bytes of its answer. Pure; knows OpenAI's
// usage object.

#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::gateway {

struct Usage {
  std::int64_t input = 0;      ///< prompt tokens, cached ones included
  std::int64_t cached = 0;     ///< of those, read from the provider's cache
  std::int64_t output = 0;     ///< completion tokens, reasoning included
  std::int64_t reasoning = 0;  ///< of those
};

/// `object` is the text of a usage object, from { to }. Unknown fields are passed over; broken text
/// gives what could be read of it.
[[nodiscard]] Usage parse_usage(std::string_view object) noexcept;

}  // namespace penstock::gateway
