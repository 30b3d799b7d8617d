#pragma once
// Whole answers that need no more than a body. Knows one exchange; must not know engines.

#include <optional>
#include <string>
#include <string_view>

#include "engine/api_error.h"
#include "net/exchange.h"

namespace penstock::engine {

[[nodiscard]] net::Task<void> reply_json(net::Exchange& exchange, std::string body);
[[nodiscard]] net::Task<void> reply_error(net::Exchange& exchange, ApiError error);

/// The request's body; has answered and gives nothing if it cannot be had.
[[nodiscard]] net::Task<std::optional<std::string_view>> read_json_body(net::Exchange& exchange);

}  // namespace penstock::engine
