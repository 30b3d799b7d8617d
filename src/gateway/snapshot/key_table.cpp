#include "gateway/snapshot/key_table.h"

#include <bit>
#include <cstring>

namespace penstock::gateway::snapshot {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

}  // namespace

std::optional<KeyDigest> parse_digest(std::string_view hex) {
  KeyDigest digest{};
  if (hex.size() != digest.size() * 2) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

KeyTable::KeyTable(std::span<const Entry> entries) {
  slots_.resize(std::bit_ceil(entries.size() * 2 + 2));
  for (const Entry& entry : entries) {
    std::size_t at = home(entry.digest);
    while (slots_[at].used && slots_[at].entry.digest != entry.digest) {
      at = (at + 1) & (slots_.size() - 1);
    }
    if (!slots_[at].used) {
      slots_[at] = {true, entry};
    }
  }
}

std::optional<std::uint32_t> KeyTable::find(const KeyDigest& digest) const noexcept {
  if (slots_.empty()) {
    return std::nullopt;
  }
  for (std::size_t at = home(digest); slots_[at].used; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].entry.digest == digest) {
      return slots_[at].entry.consumer;
    }
  }
  return std::nullopt;
}

std::size_t KeyTable::home(const KeyDigest& digest) const noexcept {
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return static_cast<std::size_t>(hash) & (slots_.size() - 1);
}

}  // namespace penstock::gateway::snapshot
