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

/// One announcement for each condition of `types` whose status or reason differs, in the order of
/// `types`; the same reason is not told twice. False is a warning unless its reason is in `calm`.
[[nodiscard]] std::vector<Announcement> announcements(const std::vector<crd::Condition>& before,
                                                      const std::vector<crd::Condition>& after,
                                                      const std::vector<std::string_view>& types,
                                                      const std::vector<std::string_view>& calm);

}  // namespace penstock::controller::condition
