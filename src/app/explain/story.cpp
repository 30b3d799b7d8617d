#include "app/explain/story.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "json/write.h"
#include "kube/fields.h"

namespace penstock::app::explain {
namespace {

namespace md = crd::model_deployment;

constexpr std::size_t kEventsShown = 10;
constexpr int kLabelWidth = 10;

/// "5m12s ago": whole seconds.
std::string ago(WallTime time, WallTime now) {
  const auto age = std::chrono::floor<std::chrono::seconds>(now - time);
  return age.count() < 0 ? "just now" : format_duration(age) + " ago";
}

std::ostream& label(std::ostream& out, std::string_view name) {
  return out << "  " << std::left << std::setw(kLabelWidth) << name;
}

const crd::Condition* find(const md::Status& status, std::string_view type) {
  const auto found = std::ranges::find(status.conditions, type, &crd::Condition::type);
  return found == status.conditions.end() ? nullptr : &*found;
}

std::string replicas(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " replica" : " replicas");
}

void write_replicas(std::ostream& out, const crd::ModelDeployment& object) {
  const auto& status = object.status;
  label(out, "runs") << replicas(status.replicas.value_or(0)) << ", "
                     << status.ready_replicas.value_or(0) << " take calls\n";
  label(out, "wanted");
  if (object.spec.replicas) {
    out << *object.spec.replicas << ", fixed by spec.replicas\n";
  } else if (status.desired_replicas && status.recommended_replicas) {
    out << *status.desired_replicas << ", as before: scaling.dryRun keeps it\n";
  } else if (status.desired_replicas) {
    out << *status.desired_replicas << ", decided by the autoscaler";
    if (const auto& scaling = object.spec.scaling) {
      out << " between " << scaling->min_replicas << " and " << scaling->max_replicas;
    }
    out << "\n";
  } else {
    out << "not decided yet: is a controller running?\n";
  }
  if (status.recommended_replicas) {
    label(out, "dry run") << "the autoscaler would run " << *status.recommended_replicas << "\n";
  }
}

void write_throughput(std::ostream& out, const md::Status& status, WallTime now) {
  if (!status.throughput || !status.throughput->observed_at) {
    return;
  }
  const auto& throughput = *status.throughput;
  label(out, "load") << throughput.tokens_per_second.value_or(0) << " tokens/s, "
                     << ago(*throughput.observed_at, now) << "\n";
  label(out, "capacity");
  if (throughput.capacity_per_replica) {
    out << "about " << *throughput.capacity_per_replica
        << " tokens/s per replica within the objectives, learned from the engines\n";
  } else {
    out << "not measured yet: assumed from the model and its accelerators\n";
  }
  if (throughput.cold_start_seconds) {
    label(out, "start") << "takes about " << *throughput.cold_start_seconds << " s\n";
  }
}

void write_condition(std::ostream& out, std::string_view name, const crd::Condition& condition,
                     WallTime now) {
  label(out, name) << condition.reason << " (" << ago(condition.last_transition_time, now)
                   << "): " << condition.message << "\n";
}

void write_blocks(std::ostream& out, const md::Status& status, WallTime now) {
  constexpr std::array kAspects{"Accepted", "Planned", "Progressing", "Available"};
  std::string told;
  for (const std::string_view type : kAspects) {
    const auto* condition = find(status, type);
    if (condition != nullptr && condition->status == "False" && condition->reason != told) {
      write_condition(out, "blocked", *condition, now);
      told = condition->reason;
    }
  }
}

/// Thousandths as people write them: "12.5", "3".
std::string shown(std::int64_t milli) {
  std::ostringstream out;
  constexpr double kThousand = 1'000;
  out << std::setprecision(4) << static_cast<double>(milli) / kThousand;
  return out.str();
}

void write_decisions(std::ostream& out, const md::Status& status, WallTime now) {
  if (status.last_scaling.empty()) {
    out << "\nNo scaling decision yet.\n";
    return;
  }
  out << "\nDecisions, newest first\n";
  for (const auto& decision : status.last_scaling) {
    out << "  " << format_rfc3339(decision.time) << "  " << decision.from << " → " << decision.to
        << "  (" << ago(decision.time, now) << ")\n      " << decision.reason << "\n";
    std::string signals;
    for (const auto& [name, value] : decision.signals) {
      if (value != 0) {
        signals += (signals.empty() ? "" : ", ") + name + " " + shown(value);
      }
    }
    if (!signals.empty()) {
      out << "      " << signals << "\n";
    }
  }
}

void write_events(std::ostream& out, const Story& story, WallTime now) {
  if (!story.events_problem.empty()) {
    out << "\nEvents could not be read: " << story.events_problem << "\n";
    return;
  }
  if (story.events.empty()) {
    return;
  }
  out << "\nEvents, newest first\n";
  std::size_t left = kEventsShown;
  for (auto event = story.events.rbegin(); event != story.events.rend() && left > 0; ++event) {
    --left;
    out << "  " << (event->warning ? "Warning " : "") << event->reason << " ("
        << ago(event->time, now)
        << (event->count > 1 ? ", " + std::to_string(event->count) + " times" : "")
        << "): " << event->note << "\n";
  }
}

}  // namespace

EventLine read_event(const json::Value& event) {
  EventLine out;
  const auto time_of = [](const json::Value& object, std::string_view name) {
    return parse_rfc3339(kube::text_at(object, name));
  };
  out.warning = kube::text_at(event, "type") == "Warning";
  out.reason = kube::text_at(event, "reason");
  out.note = kube::text_at(event, "note");
  if (const auto time = time_of(event, "eventTime")) {
    out.time = *time;
  }
  if (const auto* series = kube::member(event, "series"); series != nullptr) {
    out.count = kube::integer_at(*series, "count").value_or(1);
    if (const auto time = time_of(*series, "lastObservedTime")) {
      out.time = *time;
    }
  }
  return out;
}

void write_text(std::ostream& out, const Story& story, WallTime now) {
  const auto& object = story.object;
  out << "ModelDeployment " << object.metadata.full_name() << ", model " << object.spec.model.name
      << "\n";
  if (!object.spec.engine) {
    out << "  Nothing runs in this cluster for it, so nothing is scaled.\n";
    return;
  }
  write_replicas(out, object);
  write_throughput(out, object.status, now);
  if (const auto* scaling = find(object.status, "ScalingActive")) {
    write_condition(out, "scaling", *scaling, now);
  }
  write_blocks(out, object.status, now);
  write_decisions(out, object.status, now);
  write_events(out, story, now);
}

void write_json(std::ostream& out, const Story& story) {
  const auto& object = story.object;
  json::Value status;
  md::write_value(status, object.status);
  json::Value body = {{"namespace", object.metadata.namespace_},
                      {"name", object.metadata.name},
                      {"model", object.spec.model.name},
                      {"status", std::move(status)},
                      {"events", json::Value::array()}};
  if (object.spec.replicas) {
    body["fixedReplicas"] = *object.spec.replicas;
  }
  if (!story.events_problem.empty()) {
    body["eventsProblem"] = story.events_problem;
  }
  for (const auto& event : story.events) {
    body["events"].push_back({{"time", format_rfc3339(event.time)},
                              {"type", event.warning ? "Warning" : "Normal"},
                              {"reason", event.reason},
                              {"note", event.note},
                              {"count", event.count}});
  }
  out << json::write(body) << "\n";
}

}  // namespace penstock::app::explain
