#pragma once
// What a fuzz target asserts: an untrue condition ends the process, which is how libFuzzer learns
// of it.

#include <cstdio>
#include <cstdlib>

namespace penstock::fuzz {

inline void check(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "violated: %s\n", what);
    std::abort();
  }
}

}  // namespace penstock::fuzz
