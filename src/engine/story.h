#pragma once
// What the simulated model says: readable sentences without meaning, one token at a time, the same
// for the same seed. Knows words; must not know requests. Every token is what the tokenizer makes
// of the text, so that an answer sent back in the next turn has the ids it was generated with.

#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "engine/tokenizer.h"

namespace penstock::engine {

class Story {
 public:
  /// `fresh_line`: nothing stands before the story on its line, so it begins without a space.
  explicit Story(std::uint64_t seed, bool fresh_line = true);

  [[nodiscard]] TokenId next();

 private:
  Random random_;
  std::string_view sentence_;  ///< what is left of the pattern under way
  unsigned sentences_ = 0;
  bool at_start_ = true;  ///< of a sentence
  bool fresh_line_;       ///< nothing before it on the line: no space
};

}  // namespace penstock::engine
