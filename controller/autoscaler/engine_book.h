#pragma once
// The newest scrape of each engine. Knows what an attempt to fetch can bring; must not know what
// follows from it. Any thread.

#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "controller/fetch/fetcher.h"
#include "scaling/signals.h"

namespace penstock::controller::autoscaler {

class EngineBook {
 public:
  /// The fault of the attempt; kNone when it can be used.
  scaling::Fault take(const std::string& uid, const fetch::Fetched& got);

  /// kMissing until there is one.
  [[nodiscard]] scaling::EngineSample sample(const std::string& uid) const;

  /// Forgets all but these.
  void keep(const std::set<std::string>& uids);
  void clear();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, scaling::EngineSample> samples_;  // by pod UID
};

/// What a failed attempt says about who was asked.
[[nodiscard]] scaling::Fault fault_of(const Error& error);

}  // namespace penstock::controller::autoscaler
