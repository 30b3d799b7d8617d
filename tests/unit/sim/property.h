#pragma once
// RapidCheck under GoogleTest with a fixed seed, so that a run that fails can be run again;
// RC_PARAMS overrides it.

#include <cstdlib>

#include <rapidcheck/gtest.h>

namespace penstock::sim::testing_support {

inline const bool seeded =
    setenv("RC_PARAMS", "seed=20260101 max_success=400 max_size=140", 0) == 0;

}  // namespace penstock::sim::testing_support
