#pragma once
// Finds the top-level "usage" of a JSON answer while it passes by in pieces of any size, keeping
// none of the rest. Pure; fixed memory. Answers can be megabytes of embeddings, and usage may stand
// anywhere in them.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/response/usage.h"

namespace penstock::gateway {

class UsageTap {
 public:
  void feed(std::string_view piece) noexcept;

  /// After the whole answer.
  [[nodiscard]] std::optional<Usage> usage() const noexcept;

 private:
  static constexpr std::size_t kMostUsage = 4'096;  ///< bytes of a usage object that are kept
  static constexpr std::size_t kMostKey = 8;

  std::size_t in_string(std::string_view piece, std::size_t at) noexcept;
  void structural(char c) noexcept;
  void capture(std::string_view text) noexcept;

  std::uint32_t depth_ = 0;
  bool string_ = false;
  bool escape_ = false;
  bool key_ready_ = false;   ///< a string has just ended at depth 1: perhaps a key
  bool usage_next_ = false;  ///< `"usage":` was read
  bool capturing_ = false;
  bool captured_ = false;
  std::array<char, kMostKey> key_{};
  std::size_t key_size_ = 0;           ///< may pass kMostKey: then it is not ours
  std::array<char, kMostUsage> kept_;  ///< not cleared: kept_size_ says how much counts
  std::size_t kept_size_ = 0;
};

}  // namespace penstock::gateway
