#include "engine/tokenizer.h"

#include <algorithm>
#include <cstddef>

namespace penstock::engine {
namespace {

constexpr std::size_t kWord = 6;
constexpr std::size_t kRaw = 3;
constexpr TokenId kLetters = 27;  // 0 ends a word
constexpr TokenId kWords = kLetters * kLetters * kLetters * kLetters * kLetters * kLetters * 4;
// Raw bytes come after the words: 1 byte, then 2, then 3.
constexpr TokenId kRawOffset[] = {0, 0, 0x100, 0x1'0100};
constexpr TokenId kRawIds = 0x101'0100;

bool lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
bool leads_code_point(char c) {
  return static_cast<unsigned char>(c) >= 0xc0;
}

/// Letters at the start of `text` that make one word piece; 0 if it starts none.
std::size_t word_length(std::string_view text) {
  if (text.empty() || !(lower(text[0]) || upper(text[0]))) {
    return 0;
  }
  if (upper(text[0]) && text.size() > 1 && upper(text[1])) {
    return 0;
  }
  std::size_t length = 1;
  while (length < std::min(kWord, text.size()) && lower(text[length])) {
    ++length;
  }
  return length;
}

/// Bytes at the start of `text` that make one raw piece of at most `most`. Precondition: not empty.
std::size_t raw_length(std::string_view text, std::size_t most) {
  const char first = text[0];
  const std::size_t end = std::min(most, text.size());
  std::size_t length = 1;
  const auto while_next = [&](auto belongs) {
    while (length < end && belongs(text[length])) {
      ++length;
    }
  };
  if (digit(first)) {
    while_next(digit);
  } else if (upper(first)) {
    while_next(
        [&](char c) { return upper(c) && !(length + 1 < text.size() && lower(text[length + 1])); });
  } else if (high(first)) {
    while_next([](char c) { return high(c) && !leads_code_point(c); });
  } else {
    while_next([&](char c) { return c == first; });
  }
  return length;
}

TokenId word_id(std::string_view letters, bool after_space) {
  TokenId value = 0;
  for (const char c : letters) {
    value = value * kLetters + static_cast<TokenId>((upper(c) ? c - 'A' : c - 'a') + 1);
  }
  return value * 4 + (upper(letters[0]) ? 2U : 0U) + (after_space ? 1U : 0U);
}

TokenId raw_id(std::string_view bytes) {
  TokenId value = 0;
  for (const char c : bytes) {
    value = (value << 8U) | static_cast<unsigned char>(c);
  }
  return kWords + kRawOffset[bytes.size()] + value;
}

/// A space before a code point of three bytes or more does not fit into its piece.
bool takes_space(std::string_view after) {
  return static_cast<unsigned char>(after.front()) < 0xe0;
}

/// The length of a run of white space as one piece; a single space before something is left to it.
std::size_t space_length(std::string_view text) {
  const std::size_t run = std::min(text.find_first_not_of(text[0]), text.size());
  const bool something_follows =
      run < text.size() && !space(text[run]) && takes_space(text.substr(run));
  return std::min(kRaw, text[0] == ' ' && something_follows ? run - 1 : run);
}

}  // namespace

void tokenize(std::string_view text, std::vector<TokenId>& out) {
  while (!text.empty()) {
    if (space(text[0])) {
      const std::size_t length = space_length(text);
      if (length > 0) {
        out.push_back(raw_id(text.substr(0, length)));
        text.remove_prefix(length);
        continue;
      }
    }
    const std::size_t before = text[0] == ' ' ? 1 : 0;
    const std::string_view rest = text.substr(before);
    const std::size_t letters = word_length(rest);
    const std::size_t length = letters > 0 ? letters : raw_length(rest, kRaw - before);
    out.push_back(letters > 0 ? word_id(rest.substr(0, length), before == 1)
                              : raw_id(text.substr(0, before + length)));
    text.remove_prefix(before + length);
  }
}

std::vector<TokenId> tokenize(std::string_view text) {
  std::vector<TokenId> out;
  out.reserve(text.size() / 4 + 1);
  tokenize(text, out);
  return out;
}

void append_text(std::string& out, TokenId token) {
  if (token >= kWords + kRawIds) {
    return;
  }
  char letters[kWord];
  std::size_t length = 0;
  if (token >= kWords) {
    const TokenId raw = token - kWords;
    const std::size_t bytes = raw >= kRawOffset[3] ? 3 : raw >= kRawOffset[2] ? 2 : 1;
    TokenId value = raw - kRawOffset[bytes];
    for (; length < bytes; ++length, value >>= 8U) {
      letters[length] = static_cast<char>(value & 0xffU);
    }
  } else {
    if ((token & 1U) != 0) {
      out += ' ';
    }
    for (TokenId value = token / 4; value > 0 && value % kLetters > 0; value /= kLetters) {
      letters[length++] = static_cast<char>('a' + static_cast<char>(value % kLetters - 1));
    }
    if (length > 0 && (token & 2U) != 0) {
      letters[length - 1] = static_cast<char>(letters[length - 1] - 'a' + 'A');
    }
  }
  while (length > 0) {
    out += letters[--length];
  }
}

}  // namespace penstock::engine
