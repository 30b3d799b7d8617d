#pragma once
// Brings to the API server what was decided: deletion costs of pods first, then the status, then
// events. Knows the API's rules; decides nothing.
//
// Ticks hand over and go on; a controller's workers write, one key at a time, again after a
// failure. Only the newest status counts, no event is lost or told twice while the process lives.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "controller/autoscaler/said.h"
#include "controller/autoscaler/victims.h"
#include "controller/cache/caches.h"
#include "controller/condition/announcements.h"
#include "kube/applier.h"
#include "kube/event_recorder.h"
#include "kube/write_tracker.h"
#include "runtime/controller.h"

namespace penstock::controller::autoscaler {

/// Of one ModelDeployment.
struct Publication {
  std::string uid;
  Said said;
  std::vector<condition::Announcement> news;
  std::vector<PodCost> costs;
};

class Publisher {
 public:
  /// All must outlive it; `applier` carries the autoscaler's field manager.
  Publisher(const cache::Caches& caches, kube::Client& client, kube::Applier& applier,
            kube::WriteTracker& writes, kube::EventRecorder& events);

  /// Replaces the status to write; news and costs that are not written yet stay. Any thread.
  void publish(const kube::ObjectKey& key, Publication publication);

  /// One pass of a worker.
  [[nodiscard]] Result<runtime::Next> write(const runtime::Pass& pass);

  void forget(const kube::ObjectKey& key);
  void clear();

 private:
  void write_costs(const runtime::Pass& pass, const std::vector<PodCost>& costs);
  Result<> write_status(const runtime::Pass& pass, const kube::Object& object, const Said& said);
  void tell(const runtime::Pass& pass, const Publication& publication);

  const cache::Caches& caches_;
  kube::Client& client_;
  kube::Applier& applier_;
  kube::WriteTracker& writes_;
  kube::EventRecorder& events_;
  std::mutex mutex_;
  std::map<kube::ObjectKey, Publication> waiting_;  // guarded by mutex_
};

}  // namespace penstock::controller::autoscaler
