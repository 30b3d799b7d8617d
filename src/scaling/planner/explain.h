#pragma once
// The planner's arithmetic in words, for status.plan, conditions and `penstock plan`. The same
// figures give the same words: they are compared to see whether anything changed.

#include <cstdint>
#include <string>

#include "scaling/planner/plan.h"

namespace penstock::scaling::planner {

/// "33.5 GiB"; below one GiB "384.0 MiB", below one MiB "128.0 KiB". Rounded to the nearest tenth.
[[nodiscard]] std::string in_words(std::uint64_t bytes);

/// One sentence; `plan` has everything but its `why`.
[[nodiscard]] std::string why_it_fits(const Wish& wish, const Hardware& hardware, const Plan& plan);

/// What is needed and what there is with the most that may be used; without a remedy.
[[nodiscard]] std::string why_it_does_not(const Wish& wish, const Hardware& hardware,
                                          const Layout& layout);

}  // namespace penstock::scaling::planner
