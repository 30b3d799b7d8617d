#pragma once
// The end of every pass: the status is written, and users are told what is new in it. Knows the
// API's rules for that; knows no kind.

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "controller/condition/announcements.h"
#include "controller/condition/finding.h"
#include "kube/applier.h"
#include "kube/event_recorder.h"
#include "kube/write_tracker.h"
#include "runtime/controller.h"

namespace penstock::controller::condition {

/// What it works with; all references outlive the call.
struct Pen {
  kube::Applier& applier;
  kube::WriteTracker& writes;
  kube::EventRecorder& events;
  const kube::Informer& informer;  ///< of the object
};

/// Applies `intent`, the object's status. When that was a change, records `news` as events. An
/// object that is gone meanwhile is a success.
[[nodiscard]] Result<> report(const Pen& pen, const runtime::Pass& pass, const kube::Object& object,
                              const kube::Object& intent, const std::vector<Announcement>& news);

/// How users read that children could not be applied: ApplyFailed, or NotOwned when somebody else
/// has an object of a child's name. Absent for success, and for what may be gone with the next try.
[[nodiscard]] std::optional<Finding> apply_finding(const Result<>& applied, int failures_before);

inline constexpr std::string_view kApplyFailed = "ApplyFailed";
inline constexpr std::string_view kNotOwned = "NotOwned";

}  // namespace penstock::controller::condition
