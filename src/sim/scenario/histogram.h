#pragma once
// Durations as counts in buckets that grow by octaves, for percentiles of millions of values in 9
// KB. Knows durations; must not know what they measure. Error of a percentile: below 0.8 %.

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace penstock::sim {

class DurationHistogram {
 public:
  void add(std::chrono::nanoseconds value) {
    ++counts_[index(value.count())];
    ++total_;
  }
  void clear() {
    counts_.fill(0);
    total_ = 0;
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }

  /// The value that `share` (0 to 1) of all values do not exceed; 0 when there is none.
  [[nodiscard]] std::chrono::nanoseconds quantile(double share) const {
    if (total_ == 0) {
      return std::chrono::nanoseconds{0};
    }
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_ - 1));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > rank) {
        return middle(i);
      }
    }
    return middle(counts_.size() - 1);
  }

 private:
  static constexpr unsigned kFirstOctave = 10;  ///< about 1 µs: all below is one bucket
  static constexpr unsigned kOctaves = 38;      ///< up to three days
  static constexpr unsigned kPartBits = 6;
  static constexpr std::size_t kParts = std::size_t{1} << kPartBits;

  [[nodiscard]] static std::size_t index(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 1 << kFirstOctave));
    const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
    const std::size_t at =
        (octave - kFirstOctave) * kParts + ((value >> (octave - kPartBits)) & (kParts - 1));
    return std::min(at, kOctaves * kParts - 1);
  }
  [[nodiscard]] static std::chrono::nanoseconds middle(std::size_t index) {
    const auto octave = static_cast<unsigned>(index / kParts) + kFirstOctave;
    const std::uint64_t width = std::uint64_t{1} << (octave - kPartBits);
    const std::uint64_t from = (kParts + index % kParts) * width;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(from + width / 2));
  }

  std::array<std::uint64_t, kOctaves * kParts> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace penstock::sim
