#pragma once
// From the SHA-256 of a presented key to the consumer it belongs to. Immutable, read by all cores.
// Knows no keys.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace penstock::gateway::snapshot {

using KeyDigest = std::array<std::uint8_t, 32>;

/// 64 hex digits of either case; nothing otherwise.
[[nodiscard]] std::optional<KeyDigest> parse_digest(std::string_view hex);

class KeyTable {
 public:
  struct Entry {
    KeyDigest digest{};
    std::uint32_t consumer = 0;
  };

  KeyTable() = default;
  /// Of two entries with one digest the first counts.
  explicit KeyTable(std::span<const Entry> entries);

  /// One probe in practice: the digest is its own hash. Timing tells an attacker nothing, because
  /// it can choose the key but not the digest.
  [[nodiscard]] std::optional<std::uint32_t> find(const KeyDigest& digest) const noexcept;

 private:
  struct Slot {
    bool used = false;
    Entry entry;
  };
  [[nodiscard]] std::size_t home(const KeyDigest& digest) const noexcept;

  std::vector<Slot> slots_;  ///< a power of two, at most half full
};

}  // namespace penstock::gateway::snapshot
