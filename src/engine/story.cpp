#include "engine/story.h"

#include <array>
#include <span>
#include <string>

namespace penstock::engine {
namespace {

using Words = std::span<const std::string_view>;

// At most six letters each: one token.
constexpr auto kDeterminers = std::to_array<std::string_view>(
    {"the", "one", "every", "this", "that", "each", "some", "any", "our", "their"});
constexpr auto kAdjectives = std::to_array<std::string_view>(
    {"quiet",  "small",  "bright", "early", "warm",  "narrow", "steady", "young", "clear",
     "simple", "heavy",  "green",  "old",   "soft",  "open",   "deep",   "tall",  "slow",
     "silver", "hollow", "gentle", "kind",  "round", "dry",    "hidden", "wide"});
constexpr auto kNouns = std::to_array<std::string_view>(
    {"river",  "bridge", "garden", "road",   "window", "valley", "letter", "house",
     "winter", "stone",  "market", "boat",   "field",  "light",  "mill",   "harbor",
     "water",  "engine", "sailor", "forest", "table",  "music",  "signal", "gate",
     "island", "song",   "wheel",  "meadow", "dawn",   "city",   "lamp",   "book"});
constexpr auto kVerbs = std::to_array<std::string_view>(
    {"held",   "kept",   "found", "moved",  "built",  "turned", "opened", "passed",
     "raised", "shaped", "met",   "filled", "drew",   "guided", "left",   "joined",
     "saw",    "wanted", "knew",  "sent",   "needed", "heard",  "loved",  "traced"});
constexpr auto kPrepositions =
    std::to_array<std::string_view>({"near", "under", "over", "beside", "behind", "with", "toward",
                                     "from", "past", "along", "above", "across"});
constexpr auto kAdverbs = std::to_array<std::string_view>(
    {"slowly", "often", "again", "soon", "today", "early", "always", "calmly", "maybe", "once"});
constexpr auto kConjunctions =
    std::to_array<std::string_view>({"and", "but", "while", "so", "yet"});

// D determiner, A adjective, N noun, V verb, P preposition, B adverb, C conjunction.
constexpr auto kPatterns =
    std::to_array<std::string_view>({"DANVDN.", "DNVDANPDN.", "PDN,DANVDN.", "DNVDNCDNVB.",
                                     "B,DANVDAN.", "DANPDNVDAN.", "DNVB.", "DNVDANPDN,CDNVDN."});
constexpr unsigned kParagraph = 5;  // sentences

Words words_of(char kind) {
  switch (kind) {
    case 'D':
      return kDeterminers;
    case 'A':
      return kAdjectives;
    case 'N':
      return kNouns;
    case 'V':
      return kVerbs;
    case 'P':
      return kPrepositions;
    case 'B':
      return kAdverbs;
    default:
      return kConjunctions;
  }
}

TokenId only_token(std::string_view text) {
  thread_local std::vector<TokenId> scratch;
  scratch.clear();
  tokenize(text, scratch);
  return scratch.front();
}

}  // namespace

Story::Story(std::uint64_t seed, bool fresh_line) : random_(seed), fresh_line_(fresh_line) {}

TokenId Story::next() {
  if (sentence_.empty()) {
    if (!at_start_ && ++sentences_ % kParagraph == 0) {
      at_start_ = fresh_line_ = true;
      return only_token("\n\n");
    }
    at_start_ = true;
    sentence_ = kPatterns[random_.below(kPatterns.size())];
  }
  const char kind = sentence_.front();
  sentence_.remove_prefix(1);
  if (kind == '.' || kind == ',') {
    at_start_ = false;
    return only_token(std::string_view(&kind, 1));
  }
  const Words words = words_of(kind);
  std::string text(fresh_line_ ? "" : " ");
  text += words[random_.below(words.size())];
  if (at_start_) {
    char& first = text[fresh_line_ ? 0 : 1];
    first = static_cast<char>(first - 'a' + 'A');
  }
  at_start_ = fresh_line_ = false;
  return only_token(text);
}

}  // namespace penstock::engine
