#include "controller/condition/announcements.h"

#include <algorithm>

#include "runtime/conditions.h"

namespace penstock::controller::condition {

std::vector<Announcement> announcements(const std::vector<crd::Condition>& before,
                                        const std::vector<crd::Condition>& after,
                                        const std::vector<std::string_view>& types,
                                        const std::vector<std::string_view>& calm) {
  std::vector<Announcement> out;
  for (const std::string_view type : types) {
    const auto* now = runtime::find_condition(after, type);
    const auto* then = runtime::find_condition(before, type);
    if (now == nullptr || now->status == "Unknown") {
      continue;
    }
    if (then != nullptr && then->status == now->status && then->reason == now->reason) {
      continue;
    }
    const bool told = std::ranges::find(out, now->reason, &Announcement::reason) != out.end();
    if (!told) {
      const bool quiet = std::ranges::find(calm, now->reason) != calm.end();
      out.push_back({now->status == "False" && !quiet, now->reason, now->message});
    }
  }
  return out;
}

}  // namespace penstock::controller::condition
