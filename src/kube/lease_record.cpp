#include "kube/lease_record.h"

#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "kube/fields.h"

namespace penstock::kube {

LeaseRecord read_lease(const Object& lease) {
  LeaseRecord record;
  if (const json::Value* spec = member(lease.value(), "spec")) {
    record.holder = text_at(*spec, "holderIdentity");
    record.duration = std::chrono::seconds(integer_at(*spec, "leaseDurationSeconds").value_or(0));
    record.acquire_time = text_at(*spec, "acquireTime");
    record.renew_time = text_at(*spec, "renewTime");
    record.transitions = integer_at(*spec, "leaseTransitions").value_or(0);
  }
  return record;
}

Object write_lease(const ObjectKey& key, const LeaseRecord& record, const Object& previous) {
  json::Value lease =
      previous.empty()
          ? json::Value{{"apiVersion", "coordination.k8s.io/v1"},
                        {"kind", "Lease"},
                        {"metadata", {{"name", key.name}, {"namespace", key.name_space}}}}
          : previous.value();
  json::Value& spec = lease["spec"];
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.duration.count();
  spec["acquireTime"] = record.acquire_time;
  spec["renewTime"] = record.renew_time;
  spec["leaseTransitions"] = record.transitions;
  return Object(std::move(lease));
}

std::string format_micro_time(WallTime time) {
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count() % 1000;
  std::string text = format_rfc3339(time);  // "….123Z"
  text.pop_back();
  const std::string digits = std::to_string(1000 + (micros + 1000) % 1000);
  return text + digits.substr(1) + "Z";
}

void LeaseView::observe(const Object& lease, SteadyTime now) {
  LeaseRecord record = read_lease(lease);
  if (object_.empty() || !(record == record_) || object_.uid() != lease.uid()) {
    record_ = std::move(record);
    since_ = now;
  }
  object_ = lease;
}

std::optional<SteadyTime> LeaseView::free_from(const std::string& identity) const {
  if (object_.empty() || record_.holder.empty() || record_.holder == identity) {
    return std::nullopt;
  }
  return since_ + record_.duration;
}

}  // namespace penstock::kube
