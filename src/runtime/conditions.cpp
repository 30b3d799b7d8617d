#include "runtime/conditions.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "crd/reader.h"
#include "kube/fields.h"

namespace penstock::runtime {

ConditionSet::ConditionSet(std::vector<std::string> declared,
                           const std::vector<crd::Condition>& previous, std::int64_t generation,
                           WallTime now)
    : previous_(previous),
      generation_(generation),
      now_(std::chrono::floor<std::chrono::seconds>(now)) {
  for (std::string& type : declared) {
    entries_.push_back({.type = std::move(type)});
  }
}

void ConditionSet::set(std::string_view type, std::string_view status, std::string_view reason,
                       std::string message, bool counts) {
  auto entry = std::ranges::find(entries_, type, &Entry::type);
  if (entry == entries_.end()) {
    entry = entries_.insert(entries_.end(), Entry{.type = std::string(type), .counts = counts});
  }
  entry->status = status;
  entry->reason = reason;
  entry->message = std::move(message);
}

void ConditionSet::set_true(std::string_view type, std::string_view reason, std::string message) {
  set(type, "True", reason, std::move(message), true);
}

void ConditionSet::set_false(std::string_view type, std::string_view reason, std::string message) {
  set(type, "False", reason, std::move(message), true);
}

void ConditionSet::set_unknown(std::string_view type, std::string_view reason,
                               std::string message) {
  set(type, "Unknown", reason, std::move(message), true);
}

void ConditionSet::note(std::string_view type, bool value, std::string_view reason,
                        std::string message) {
  set(type, value ? "True" : "False", reason, std::move(message), false);
}

ConditionSet::Entry ConditionSet::summary() const {
  for (const std::string_view status : {"False", "Unknown"}) {
    for (const Entry& entry : entries_) {
      if (entry.counts && entry.status == status) {
        Entry ready = entry;
        ready.type = kReady;
        return ready;
      }
    }
  }
  return {std::string(kReady), "True", "Ready", "All conditions are met.", true};
}

crd::Condition ConditionSet::stamped(const Entry& entry) const {
  crd::Condition condition;
  condition.type = entry.type;
  condition.status = entry.status;
  condition.reason = entry.reason;
  condition.message = entry.message;
  condition.observed_generation = generation_;
  const crd::Condition* before = find_condition(previous_, entry.type);
  condition.last_transition_time =
      before != nullptr && before->status == entry.status ? before->last_transition_time : now_;
  return condition;
}

std::vector<crd::Condition> ConditionSet::finish() const {
  std::vector<crd::Condition> all;
  all.reserve(entries_.size() + 1);
  for (const Entry& entry : entries_) {
    all.push_back(stamped(entry));
  }
  all.push_back(stamped(summary()));
  return all;
}

std::vector<crd::Condition> read_conditions(const kube::Object& object) {
  std::vector<crd::Condition> all;
  const json::Value* status = kube::member(object.value(), "status");
  const json::Value* list = status == nullptr ? nullptr : kube::member(*status, "conditions");
  if (list == nullptr || !list->is_array()) {
    return all;
  }
  for (const json::Value& item : *list) {
    std::optional<Error> error;
    crd::Condition condition;
    crd::read_value(crd::Reader(item, error), condition);
    if (!error) {
      all.push_back(std::move(condition));
    }
  }
  return all;
}

const crd::Condition* find_condition(const std::vector<crd::Condition>& conditions,
                                     std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &crd::Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

}  // namespace penstock::runtime
