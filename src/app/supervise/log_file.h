#pragma once
// The log files that children write straight into (opened for append, no pipe in between: a child's
// last words are on disk even when we die with it). Knows nothing of what is in them.

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace penstock::app::supervise {

/// When `file` is over `limit` bytes: keeps its content as FILE.1 (one older generation) and
/// empties it in place, because the child keeps its descriptor. What is written between copy and
/// cut is lost.
void rotate_if_larger(const std::filesystem::path& file, std::uintmax_t limit);

/// The last `lines` lines after byte `from` (all, when the file has shrunk below it), from at most
/// the last 8 KiB; empty when there are none.
[[nodiscard]] std::string last_lines(const std::filesystem::path& file, std::size_t lines,
                                     std::uintmax_t from = 0);

}  // namespace penstock::app::supervise
