#include "controller/autoscaler/replica.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "kube/fields.h"

namespace penstock::controller::autoscaler {
namespace {

using kube::integer_at;
using kube::member;
using kube::text_at;
using scaling::Pending;

std::optional<WallTime> time_at(const json::Value& object, std::string_view name) {
  const auto time = parse_rfc3339(text_at(object, name));
  return time ? std::optional(*time) : std::nullopt;
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

/// What keeps one container from running; kNone: nothing, or it runs.
Pending pending_of(const json::Value& container, bool init) {
  const json::Value* state = member(container, "state");
  if (state == nullptr) {
    return Pending::kPulling;
  }
  if (const json::Value* waiting = member(*state, "waiting")) {
    const std::string reason = text_at(*waiting, "reason");
    return one_of(reason, {"CrashLoopBackOff", "RunContainerError", "CreateContainerError",
                           "CreateContainerConfigError"})
               ? Pending::kCrashing
               : Pending::kPulling;  // ContainerCreating, PodInitializing, ImagePullBackOff …
  }
  if (const json::Value* ended = member(*state, "terminated")) {
    return init && integer_at(*ended, "exitCode").value_or(1) == 0 ? Pending::kNone
                                                                   : Pending::kCrashing;
  }
  if (init) {
    return Pending::kPulling;  // init containers fetch weights
  }
  const json::Value* ready = member(container, "ready");
  const bool is_ready = ready != nullptr && ready->is_boolean() && ready->get<bool>();
  return !is_ready && integer_at(container, "restartCount").value_or(0) > 0 ? Pending::kCrashing
                                                                            : Pending::kNone;
}

Pending containers_pending(const json::Value& status) {
  Pending worst = Pending::kNone;
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    const json::Value* containers = member(status, list);
    if (containers == nullptr || !containers->is_array()) {
      continue;
    }
    for (const auto& container : *containers) {
      worst = std::max(worst, pending_of(container, list[0] == 'i'));
    }
  }
  return worst;
}

/// Node autoscalers say in these places that they bring a node: Karpenter and the scheduler
/// nominate it, the Cluster Autoscaler's provisioning requests are named on the pod.
bool node_is_coming(const kube::Object& pod, const json::Value& status) {
  constexpr std::array<std::string_view, 2> kRequests{
      "autoscaling.x-k8s.io/consume-provisioning-request",
      "cluster-autoscaler.kubernetes.io/consume-provisioning-request"};
  return !text_at(status, "nominatedNodeName").empty() ||
         std::ranges::any_of(kRequests, [&](std::string_view annotation) {
           return pod.annotation(annotation).has_value();
         });
}

struct Scheduling {
  std::optional<WallTime> at;
  bool unschedulable = false;
};

void read_conditions(const json::Value& status, Replica& out, Scheduling& scheduling) {
  const json::Value* conditions = member(status, "conditions");
  if (conditions == nullptr || !conditions->is_array()) {
    return;
  }
  for (const auto& condition : *conditions) {
    const std::string type = text_at(condition, "type");
    const bool holds = text_at(condition, "status") == "True";
    if (type == "Ready" && holds) {
      out.ready_since = time_at(condition, "lastTransitionTime").value_or(out.created);
    } else if (type == "PodScheduled" && holds) {
      scheduling.at = time_at(condition, "lastTransitionTime").value_or(out.created);
    } else if (type == "PodScheduled") {
      scheduling.unschedulable = text_at(condition, "reason") == "Unschedulable";
    }
  }
}

std::optional<std::int32_t> cost_of(const kube::Object& pod) {
  const auto text = pod.annotation(kDeletionCost);
  std::int32_t cost = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), cost).ec != std::errc()) {
    return std::nullopt;
  }
  return cost;
}

}  // namespace

std::uint64_t stable_id(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

Replica read_replica(const kube::Object& pod) {
  Replica out;
  out.uid = pod.uid();
  out.id = stable_id(out.uid);
  out.name = pod.name();
  out.draining = pod.deleting();
  out.deletion_cost = cost_of(pod);
  if (const json::Value* metadata = member(pod.value(), "metadata")) {
    out.created = time_at(*metadata, "creationTimestamp").value_or(WallTime{});
  }
  const json::Value* status = member(pod.value(), "status");
  if (status == nullptr) {
    out.pending = Pending::kScheduling;
    return out;
  }
  out.over = one_of(text_at(*status, "phase"), {"Failed", "Succeeded"});
  out.address = text_at(*status, "podIP");
  Scheduling scheduling;
  read_conditions(*status, out, scheduling);
  out.scheduled = scheduling.at;
  if (out.ready_since) {
    return out;
  }
  if (!out.scheduled) {
    const bool coming = node_is_coming(pod, *status);
    out.pending = coming                     ? Pending::kNodeProvisioning
                  : scheduling.unschedulable ? Pending::kUnschedulable
                                             : Pending::kScheduling;
  } else {
    out.pending = member(*status, "containerStatuses") == nullptr ? Pending::kPulling
                                                                  : containers_pending(*status);
  }
  return out;
}

scaling::PodFacts facts_of(const Replica& replica, SteadyTime now, WallTime wall_now) {
  const auto steady = [&](WallTime time) {
    return now - std::chrono::duration_cast<SteadyTime::duration>(wall_now - time);
  };
  scaling::PodFacts out;
  out.created = steady(replica.created);
  if (replica.scheduled) {
    out.scheduled = steady(*replica.scheduled);
  }
  if (replica.ready_since) {
    out.ready_since = steady(*replica.ready_since);
  }
  out.draining = replica.draining;
  out.pending = replica.pending;
  return out;
}

}  // namespace penstock::controller::autoscaler
