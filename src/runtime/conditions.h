#pragma once
// The conditions of one object's status: all declared types always, times that move only when a
// status moves, and Ready as their summary. Pure: now is an argument.
//
//   ConditionSet conditions({"Accepted", "WorkloadReady"}, previous, generation, now);
//   conditions.set_true("Accepted", "Valid", "The spec can be served.");
//   conditions.set_false("WorkloadReady", "PodsCrashing", "0 of 2 pods are ready: …");
//   status.conditions = conditions.finish();
//
// Source: Kubernetes API conventions, "Typical status properties"; Cluster API's conditions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crd/meta.h"
#include "kube/object.h"

namespace penstock::runtime {

class ConditionSet {
 public:
  static constexpr std::string_view kReady = "Ready";
  /// Reason of a declared condition that nobody has set yet.
  static constexpr std::string_view kNotYetKnown = "NotYetKnown";

  /// `declared`: the types that Ready sums up, most telling first. `previous`: what the status says
  /// now (for the times only; never a source of decisions).
  ConditionSet(std::vector<std::string> declared, const std::vector<crd::Condition>& previous,
               std::int64_t generation, WallTime now);

  void set_true(std::string_view type, std::string_view reason, std::string message);
  void set_false(std::string_view type, std::string_view reason, std::string message);
  void set_unknown(std::string_view type, std::string_view reason, std::string message);
  /// A type that is shown but not summed up ("Idle", "Degraded").
  void note(std::string_view type, bool value, std::string_view reason, std::string message);

  /// Declared types in their order, then noted ones, then Ready: True when all declared are; the
  /// first False otherwise, else the first Unknown, with its reason and message.
  [[nodiscard]] std::vector<crd::Condition> finish() const;

 private:
  struct Entry {
    std::string type;
    std::string status = "Unknown";
    std::string reason{kNotYetKnown};
    std::string message = "Not looked at yet.";
    bool counts = true;
  };

  void set(std::string_view type, std::string_view status, std::string_view reason,
           std::string message, bool counts);
  [[nodiscard]] crd::Condition stamped(const Entry& entry) const;
  [[nodiscard]] Entry summary() const;

  std::vector<Entry> entries_;
  std::vector<crd::Condition> previous_;
  std::int64_t generation_;
  WallTime now_;
};

/// status.conditions of an object; what cannot be read is left out.
[[nodiscard]] std::vector<crd::Condition> read_conditions(const kube::Object& object);

/// nullptr when there is none.
[[nodiscard]] const crd::Condition* find_condition(const std::vector<crd::Condition>& conditions,
                                                   std::string_view type);

}  // namespace penstock::runtime
