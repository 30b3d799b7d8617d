#pragma once
// Which credentials of a Consumer gateways let in, and whether it may call at all: pure. The rules
// are the snapshot compiler's, so that status and gateways never disagree.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "controller/condition/finding.h"
#include "controller/consumer/observe.h"

namespace penstock::controller::consumer {

struct CredentialVerdict {
  std::string name;
  std::optional<condition::Finding> problem;
  std::string key_prefix;  ///< of the SHA-256; empty when there is no key
};

struct Plan {
  std::vector<CredentialVerdict> credentials;
  std::optional<condition::Finding> barred;             ///< suspended or expired
  std::optional<std::chrono::milliseconds> look_again;  ///< when time alone will change this

  [[nodiscard]] bool any_usable() const;
  /// The first; nullptr when all are usable.
  [[nodiscard]] const condition::Finding* first_problem() const;
};

[[nodiscard]] Plan decide(const Input& input);

}  // namespace penstock::controller::consumer
