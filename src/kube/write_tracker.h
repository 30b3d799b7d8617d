#pragma once
// Read-your-writes: remembers what was written on behalf of a key until the caches show it. Knows
// resourceVersions and informers; knows nothing of what was written.
//
// A pass that acts on a cache older than its own last write creates a second child, or deletes the
// one it just made. So a key waits until every informer it wrote to has reached the write. There is
// no time limit on purpose: a watch that lags must delay, never mislead. Source: KEP-5647.
//
//   tracker.wrote(key, deployments_informer, live);   // after each write
//   if (!tracker.settled(key)) return requeue;        // before each pass

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "kube/informer.h"
#include "kube/object.h"

namespace penstock::kube {

/// Any thread.
class WriteTracker {
 public:
  /// `result` is what the server answered to a create, update, patch or apply. The informer must
  /// watch the object's namespace and match its labels, else the key never settles.
  void wrote(const ObjectKey& key, const Informer& informer, const Object& result);

  /// A delete of that object has been accepted: settled when the cache has lost it, shows another
  /// incarnation, or shows it terminating.
  void removed(const ObjectKey& key, const Informer& informer, const ObjectKey& object,
               const std::string& uid);

  /// Everything written for `key` is visible. Forgets what is.
  [[nodiscard]] bool settled(const ObjectKey& key);

  void forget(const ObjectKey& key);

 private:
  struct Pending {
    const Informer* informer;
    std::string version;  ///< writes
    ObjectKey object;     ///< deletes
    std::string uid;
  };
  [[nodiscard]] static bool visible(const Pending& pending);

  std::mutex mutex_;
  std::unordered_map<ObjectKey, std::vector<Pending>> pending_;
};

}  // namespace penstock::kube
