#pragma once
// Which changes of a status are worth an event: pure. Users read `kubectl describe`, so the story
// of an object is told once per change, never per pass.

#include <string>
#include <string_view>
#include <vector>

#include "crd/meta.h"

namespace penstock::controller::condition {

struct Announcement {
  bool warning = false;
  std::string reason;
  std::string message;
  friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// How a kind tells its story.
struct Voice {
  std::vector<std::string_view> types;  ///< conditions that are told, in this order
  std::vector<std::string_view> calm;   ///< reasons that are no warning although something is False
  std::vector<std::string_view> silent;  ///< reasons that are not told at all
};

/// One announcement for each condition whose status or reason differs; the same reason is not told
/// twice, and Unknown never. False is a warning unless its reason is calm. An event is a write, so
/// that all is well is told once: by Ready when it becomes True, else by the conditions that were
/// something else before.
[[nodiscard]] std::vector<Announcement> announcements(const std::vector<crd::Condition>& before,
                                                      const std::vector<crd::Condition>& after,
                                                      const Voice& voice);

}  // namespace penstock::controller::condition
