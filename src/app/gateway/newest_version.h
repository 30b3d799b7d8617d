#pragma once
// Of several ways by which configurations arrive, the newest wins: the judge of what is newer.
// Pure. Versions are resourceVersions of one Secret, decimal numbers that only grow (KEP-5504).

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::app::gateway_role {

/// 0 when it is no decimal number.
[[nodiscard]] std::uint64_t version_number(std::string_view resource_version);

/// What a feed brings.
struct Arrival {
  std::uint64_t version = 0;
  std::string bytes;  ///< packed
};

class NewestVersion {
 public:
  /// True once for each version larger than all before, and for versions of which nothing is known
  /// (0). One that turns out to be broken is not wanted again: the other way brings the same bytes.
  [[nodiscard]] bool wants(std::uint64_t version) noexcept {
    if (version != 0 && version <= newest_) {
      return false;
    }
    newest_ = std::max(newest_, version);
    return true;
  }

 private:
  std::uint64_t newest_ = 0;
};

}  // namespace penstock::app::gateway_role
