#pragma once
// JSON pointers (RFC 6901) as plain strings: "/spec/tiers/0/backends". The empty pointer is the
// whole value.

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::json {

/// `parent` extended by an object key ("~" and "/" in it are escaped).
[[nodiscard]] std::string pointer_to(std::string_view parent, std::string_view key);

/// `parent` extended by a list index.
[[nodiscard]] std::string pointer_to(std::string_view parent, std::size_t index);

/// The pointer without its last step; the empty pointer stays empty.
[[nodiscard]] std::string_view pointer_parent(std::string_view pointer);

}  // namespace penstock::json
