#pragma once
// Text to token ids and back, near four bytes a token for English. Knows bytes; must not know
// prompts, models or requests. An approximation of no particular vocabulary, made so that usage,
// /tokenize and the prefix cache all tell the same story without a vocabulary file.
//
// A token is a word piece (up to six ASCII letters, perhaps capitalised, with the space before it),
// or up to three bytes of one class (digits, capitals, white space, one punctuation mark, one code
// point). Its id encodes its bytes, so that any text survives the way there and back:
//
//   tokenize("Why is it blue?")  →  "Why" " is" " it" " blue" "?"
//
// Ids are below 2^31. Cost: a few nanoseconds per byte.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::engine {

using TokenId = std::uint32_t;

/// What a chat template puts around messages, and what ends an answer. No text gives these ids.
inline constexpr TokenId kMessageStart = 0x7fff'fff0U;
inline constexpr TokenId kMessageEnd = 0x7fff'fff1U;
inline constexpr TokenId kEndOfText = 0x7fff'fff2U;
inline constexpr TokenId kMedia = 0x7fff'fff3U;  ///< a patch of an image or a piece of audio

/// Appends the tokens of `text`.
void tokenize(std::string_view text, std::vector<TokenId>& out);
[[nodiscard]] std::vector<TokenId> tokenize(std::string_view text);

/// Appends the token's text; nothing for the special ones above and for ids that no text gives.
void append_text(std::string& out, TokenId token);

}  // namespace penstock::engine
