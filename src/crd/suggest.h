#pragma once
// What somebody probably meant: for misspelt fields and words.

#include <span>
#include <string>
#include <string_view>

#include "crd/schema.h"

namespace penstock::crd {

/// The candidate nearest to `word` when it is near enough (case aside, at most a third of the
/// letters changed); empty otherwise.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// A remedy for an unknown field of `schema`: its right spelling, or the place where a field of
/// this name exists.
[[nodiscard]] std::string field_remedy(std::string_view name, const Schema& schema);

}  // namespace penstock::crd
