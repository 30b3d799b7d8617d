#include "controller/authority/rotation.h"

namespace penstock::controller::authority {

Result<> check_policy(const Policy& policy) {
  const auto last_third = policy.authority_life / 3;
  if (policy.leaf_life <= std::chrono::seconds::zero() || policy.skew.count() < 0) {
    return fail(Code::kInvalid, "certificates must live longer than 0 s");
  }
  if (policy.trust_first < std::chrono::seconds::zero() || policy.trust_first >= last_third) {
    return fail(Code::kInvalid,
                "a new authority must be trusted for less than a third of its life before it "
                "signs, or its predecessor expires first");
  }
  if (policy.leaf_life > last_third - policy.trust_first) {
    return fail(Code::kInvalid,
                "a certificate must not live longer than a third of its authority's life, less the "
                "time in which a new authority is only trusted");
  }
  return {};
}

Validity validity_from(WallTime now, std::chrono::seconds life, const Policy& policy) {
  // Certificates know whole seconds.
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  return {second - policy.skew, second + life};
}

WallTime renewal_time(const Validity& validity) {
  return validity.from + (validity.until - validity.from) / 3 * 2;
}

Rotation plan_rotation(WallTime now, const std::vector<Validity>& authorities,
                       const Policy& policy) {
  Rotation out;
  std::optional<std::size_t> oldest;
  std::optional<std::size_t> newest;
  for (std::size_t i = 0; i < authorities.size(); ++i) {
    const Validity& validity = authorities[i];
    if (validity.until <= now) {
      out.expired.push_back(i);
      continue;
    }
    if (!oldest || validity.from < authorities[*oldest].from) {
      oldest = i;
    }
    if (!newest || authorities[*newest].from < validity.from) {
      newest = i;
    }
    const bool known_long_enough = validity.from + policy.skew + policy.trust_first <= now;
    if (known_long_enough && (!out.signer || authorities[*out.signer].from < validity.from)) {
      out.signer = i;
    }
  }
  if (!out.signer) {
    out.signer = oldest;  // there was nobody before it: nobody has to get used to it
  }
  out.make_new = !newest || now >= renewal_time(authorities[*newest]);
  return out;
}

}  // namespace penstock::controller::authority
