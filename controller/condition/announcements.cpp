#include "controller/condition/announcements.h"

#include <algorithm>

#include "runtime/conditions.h"

namespace penstock::controller::condition {

std::vector<Announcement> announcements(const std::vector<crd::Condition>& before,
                                        const std::vector<crd::Condition>& after,
                                        const Voice& voice) {
  const auto in = [](const std::vector<std::string_view>& list, std::string_view reason) {
    return std::ranges::find(list, reason) != list.end();
  };
  const auto is_true = [](const crd::Condition* condition) {
    return condition != nullptr && condition->status == "True";
  };
  const bool ready_now = is_true(runtime::find_condition(after, runtime::ConditionSet::kReady)) &&
                         !is_true(runtime::find_condition(before, runtime::ConditionSet::kReady));
  std::vector<Announcement> out;
  for (const std::string_view type : voice.types) {
    const auto* now = runtime::find_condition(after, type);
    const auto* then = runtime::find_condition(before, type);
    if (now == nullptr || now->status == "Unknown" || in(voice.silent, now->reason)) {
      continue;
    }
    const bool same = then != nullptr && then->status == now->status && then->reason == now->reason;
    const bool implied =
        is_true(now) && type != runtime::ConditionSet::kReady && (ready_now || then == nullptr);
    const bool told = std::ranges::find(out, now->reason, &Announcement::reason) != out.end();
    if (!same && !implied && !told) {
      out.push_back(
          {now->status == "False" && !in(voice.calm, now->reason), now->reason, now->message});
    }
  }
  return out;
}

}  // namespace penstock::controller::condition
