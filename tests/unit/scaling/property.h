#pragma once
// RapidCheck under GoogleTest with a fixed seed, so that a run that fails can be run again;
// RC_PARAMS overrides it.

#include <cstdlib>

#include <rapidcheck/gtest.h>

namespace penstock::scaling::testing_support {

inline const bool seeded = setenv("RC_PARAMS", "seed=20260101 max_success=150", 0) == 0;

}  // namespace penstock::scaling::testing_support
