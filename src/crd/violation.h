#pragma once
// One thing that is wrong with an object, as a person needs to see it.

#include <string>
#include <vector>

namespace penstock::crd {

struct Violation {
  std::string path{};     ///< "spec.tiers[0].backends"; empty for the whole object
  std::string pointer{};  ///< the same as a JSON pointer, to find the line in the manifest
  std::string value{};    ///< what stands there, as JSON, shortened; empty when nothing does
  std::string message{};  ///< the API server's words, without path
  std::string remedy{};   ///< what to do; empty when the message says it
  bool rule = false;      ///< from a CEL rule, whose message is exactly `message`
  bool blocking = false;  ///< the API server checks no CEL rules while this stands

  /// The line the API server would print: "spec.replicas: Invalid value: …".
  [[nodiscard]] std::string server_text() const;
  friend bool operator==(const Violation&, const Violation&) = default;
};

using Violations = std::vector<Violation>;

}  // namespace penstock::crd
