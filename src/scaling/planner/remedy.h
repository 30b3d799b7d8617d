#pragma once
// What would make a model fit: other numbers on the same hardware, or other hardware. Each thing
// that is named has been tried. Pure.

#include <span>
#include <string>

#include "scaling/planner/wish.h"

namespace penstock::scaling::planner {

/// A clause without a full stop. `alternatives` may be empty: then other hardware is not named.
[[nodiscard]] std::string remedies(const Wish& wish, const Hardware& hardware,
                                   std::span<const Hardware> alternatives);

}  // namespace penstock::scaling::planner
