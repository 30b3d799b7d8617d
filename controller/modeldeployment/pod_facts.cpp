#include "controller/modeldeployment/pod_facts.h"

#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "kube/fields.h"

namespace penstock::controller::modeldeployment {
namespace {

using kube::flag_at;
using kube::integer_at;
using kube::member;
using kube::text_at;

// NOLINTNEXTLINE(readability-identifier-naming): a constant in all but constexpr.
const json::Value kNothing = json::Value::object();

const json::Value& part(const json::Value& object, std::string_view name) {
  const json::Value* found = member(object, name);
  return found == nullptr ? kNothing : *found;
}

std::optional<WallTime> time_at(const json::Value& object, std::string_view name) {
  const auto time = parse_rfc3339(text_at(object, name));
  return time ? std::optional(*time) : std::nullopt;
}

std::optional<Termination> read_termination(const json::Value& state) {
  const json::Value* ended = member(state, "terminated");
  if (ended == nullptr) {
    return std::nullopt;
  }
  return Termination{text_at(*ended, "reason"), text_at(*ended, "message"),
                     integer_at(*ended, "exitCode").value_or(0), time_at(*ended, "startedAt"),
                     time_at(*ended, "finishedAt")};
}

std::string memory_limit_of(const json::Value& containers, std::string_view name) {
  for (const auto& container : containers) {
    if (text_at(container, "name") == name) {
      return text_at(part(part(container, "resources"), "limits"), "memory");
    }
  }
  return "";
}

void read_containers(const json::Value& spec, const json::Value& statuses, PodFacts& out) {
  for (const auto& item : statuses) {
    ContainerFacts facts;
    facts.name = text_at(item, "name");
    facts.image = text_at(item, "image");
    facts.memory_limit = memory_limit_of(spec, facts.name);
    facts.ready = flag_at(item, "ready");
    facts.restarts = integer_at(item, "restartCount").value_or(0);
    const json::Value& state = part(item, "state");
    facts.waiting_reason = text_at(part(state, "waiting"), "reason");
    facts.waiting_message = text_at(part(state, "waiting"), "message");
    facts.ended = read_termination(state);
    facts.previous = read_termination(part(item, "lastState"));
    out.containers.push_back(std::move(facts));
  }
}

std::int32_t count_at(const json::Value& object, std::string_view name) {
  return static_cast<std::int32_t>(integer_at(object, name).value_or(0));
}

}  // namespace

PodFacts read_pod(const json::Value& pod) {
  PodFacts out;
  out.deleting = member(part(pod, "metadata"), "deletionTimestamp") != nullptr;
  const json::Value& status = part(pod, "status");
  if (text_at(status, "reason") == "Evicted") {
    out.evicted = text_at(status, "message");
  }
  for (const auto& condition : part(status, "conditions")) {
    const std::string type = text_at(condition, "type");
    if (type == "Ready") {
      out.ready = text_at(condition, "status") == "True";
    } else if (type == "PodScheduled" && text_at(condition, "status") == "False") {
      out.unschedulable = text_at(condition, "reason") == "Unschedulable";
      out.unschedulable_message = text_at(condition, "message");
    }
  }
  const json::Value& spec = part(pod, "spec");
  read_containers(part(spec, "initContainers"), part(status, "initContainerStatuses"), out);
  read_containers(part(spec, "containers"), part(status, "containerStatuses"), out);
  return out;
}

DeploymentFacts read_deployment(const json::Value& deployment) {
  const json::Value& status = part(deployment, "status");
  DeploymentFacts out;
  out.exists = true;
  out.current = integer_at(status, "observedGeneration").value_or(0) >=
                integer_at(part(deployment, "metadata"), "generation").value_or(0);
  out.wanted = count_at(part(deployment, "spec"), "replicas");
  out.replicas = count_at(status, "replicas");
  out.updated = count_at(status, "updatedReplicas");
  out.ready = count_at(status, "readyReplicas");
  for (const auto& condition : part(status, "conditions")) {
    const std::string type = text_at(condition, "type");
    if (type == "ReplicaFailure" && text_at(condition, "status") == "True") {
      out.create_failure = text_at(condition, "message");
    } else if (type == "Progressing" && text_at(condition, "status") == "False") {
      out.deadline_exceeded = text_at(condition, "reason") == "ProgressDeadlineExceeded";
    }
  }
  return out;
}

}  // namespace penstock::controller::modeldeployment
