#pragma once
// When certificates are renewed: pure decisions over time. Knows validities; knows no keys and no
// OpenSSL.
//
// An authority goes through three ages. New, it is only trusted: everybody gets to know it before
// the first certificate of its own appears. Then it signs. When two thirds of its life are over a
// successor is made; it stays trusted until it expires, and so do the certificates that it signed.

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::controller::authority {

struct Policy {
  std::chrono::seconds authority_life = std::chrono::days(365);
  std::chrono::seconds trust_first = std::chrono::days(1);  ///< a new authority does not sign yet
  std::chrono::seconds leaf_life = std::chrono::days(7);
  std::chrono::seconds skew = std::chrono::minutes(5);  ///< certificates begin so long ago
};

/// Error kInvalid: a successor would not be trusted in time, or a leaf would outlive its authority.
[[nodiscard]] Result<> check_policy(const Policy& policy);

struct Validity {
  WallTime from;
  WallTime until;
  friend bool operator==(const Validity&, const Validity&) = default;
};

/// Of a certificate made now.
[[nodiscard]] Validity validity_from(WallTime now, std::chrono::seconds life, const Policy& policy);

/// When two thirds of it are over.
[[nodiscard]] WallTime renewal_time(const Validity& validity);

/// What an authority's certificates need now; indexes are those of the argument.
struct Rotation {
  std::optional<std::size_t> signer;  ///< absent: none can; `make_new` is true then
  bool make_new = false;
  std::vector<std::size_t> expired;  ///< to be trusted no longer
};

[[nodiscard]] Rotation plan_rotation(WallTime now, const std::vector<Validity>& authorities,
                                     const Policy& policy);

}  // namespace penstock::controller::authority
