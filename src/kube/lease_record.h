#pragma once
// A Lease's content, and whose it is. Pure: now is an argument. Knows nothing of how it is read and
// written (leader_elector.h).
//
// Whether a lease has run out is judged by how long the record has looked the same *to us*, never
// by the times written in it: clocks of two machines may differ by any amount. Source: client-go
// tools/leaderelection.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kube/object.h"

namespace penstock::kube {

struct LeaseRecord {
  std::string holder;  ///< empty: released
  std::chrono::seconds duration{0};
  std::string acquire_time;  ///< as written by its holder
  std::string renew_time;
  std::int64_t transitions = 0;
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

[[nodiscard]] LeaseRecord read_lease(const Object& lease);

/// The Lease object to create, or to update when `previous` carries a resourceVersion.
[[nodiscard]] Object write_lease(const ObjectKey& key, const LeaseRecord& record,
                                 const Object& previous);

/// metav1.MicroTime, which must have six digits behind the second.
[[nodiscard]] std::string format_micro_time(WallTime time);

/// What we know of a lease, and since when it looks like that.
class LeaseView {
 public:
  /// Call with every answer. `now` is when the request was *sent* for our own writes, and when the
  /// answer came for what others wrote.
  void observe(const Object& lease, SteadyTime now);

  [[nodiscard]] const Object& object() const noexcept { return object_; }
  [[nodiscard]] const LeaseRecord& record() const noexcept { return record_; }

  /// From when on somebody else than the holder may take it; nullopt: at once.
  [[nodiscard]] std::optional<SteadyTime> free_from(const std::string& identity) const;

 private:
  Object object_;
  LeaseRecord record_;
  SteadyTime since_{};
};

}  // namespace penstock::kube
