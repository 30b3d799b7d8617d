#pragma once
// Why something is as it is, for a condition or an event. A record.

#include <string>

namespace penstock::controller::condition {

/// A CamelCase word for machines, and a sentence with the object, the value and the remedy for
/// people. No counters, times or random names in it: each change is a write to the API server.
struct Finding {
  std::string reason;
  std::string message;
  friend bool operator==(const Finding&, const Finding&) = default;
};

}  // namespace penstock::controller::condition
