#include "kube/write_tracker.h"

#include <algorithm>

namespace penstock::kube {

void WriteTracker::wrote(const ObjectKey& key, const Informer& informer, const Object& result) {
  const std::lock_guard lock(mutex_);
  std::vector<Pending>& pending = pending_[key];
  // Only the newest write per informer matters.
  for (Pending& old : pending) {
    if (old.informer == &informer && old.uid.empty()) {
      if (version_less(old.version, result.resource_version())) {
        old.version = result.resource_version();
      }
      return;
    }
  }
  pending.push_back({&informer, result.resource_version(), {}, {}});
}

void WriteTracker::removed(const ObjectKey& key, const Informer& informer, const ObjectKey& object,
                           const std::string& uid) {
  const std::lock_guard lock(mutex_);
  pending_[key].push_back({&informer, {}, object, uid});
}

bool WriteTracker::visible(const Pending& pending) {
  if (pending.uid.empty()) {
    return pending.informer->reached(pending.version);
  }
  const Object cached = pending.informer->store().get(pending.object);
  return cached.empty() || cached.uid() != pending.uid || cached.deleting();
}

bool WriteTracker::settled(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(key);
  if (found == pending_.end()) {
    return true;
  }
  std::erase_if(found->second, visible);
  if (!found->second.empty()) {
    return false;
  }
  pending_.erase(found);
  return true;
}

void WriteTracker::forget(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  pending_.erase(key);
}

}  // namespace penstock::kube
