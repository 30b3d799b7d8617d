#pragma once
// Chance as an argument. Pure code takes draws; shells own one Random per thread or core.

#include <cstdint>
#include <string>

namespace penstock {

/// xoshiro256** seeded by splitmix64: fast, seedable, the same sequence on every machine.
/// Not for secrets. Not thread-safe: one per core. Source: Blackman & Vigna, 2018 (public domain).
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept;

  [[nodiscard]] std::uint64_t next() noexcept;
  [[nodiscard]] std::uint64_t below(
      std::uint64_t bound) noexcept;     ///< [0, bound); 0 when bound is 0
  [[nodiscard]] double unit() noexcept;  ///< [0, 1)

 private:
  std::uint64_t state_[4];
};

/// A seed from the operating system's entropy; for shells that are not told one.
[[nodiscard]] std::uint64_t entropy_seed();

/// `bytes` cryptographically random bytes as lower-case hex: for keys and request ids that must not
/// be guessed.
[[nodiscard]] std::string secure_hex(std::size_t bytes);

}  // namespace penstock
