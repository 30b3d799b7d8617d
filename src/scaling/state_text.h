#pragma once
// A State as text and back, for whatever keeps it over a restart. Knows the order of the fields and
// ages instead of instants, as a steady clock means nothing to another process; must not know where
// the text is kept.
//
//   const std::string text = save(state, now, Keep::kLasting);   // about 1 KB
//   PENSTOCK_TRY(state, restore(text, now, wall_time_since_it_was_saved));

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scaling/state.h"

namespace penstock::scaling {

enum class Keep : std::uint8_t {
  kLasting,     ///< learnt capacity, means, starts and recommendations
  kEverything,  ///< demand of the last minute and pods' counters too: decides as if never stopped
};

[[nodiscard]] std::string save(const State& state, SteadyTime now, Keep keep);

/// `elapsed` is the time since it was saved, by any clock both processes believe. kInvalid: not a
/// saved state, of another version, or damaged; go on with an empty state then.
[[nodiscard]] Result<State> restore(std::string_view text, SteadyTime now,
                                    std::chrono::nanoseconds elapsed);

}  // namespace penstock::scaling
