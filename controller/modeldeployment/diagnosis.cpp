#include "controller/modeldeployment/diagnosis.h"

#include <array>
#include <set>
#include <string_view>

#include "base/time_format.h"
#include "controller/modeldeployment/engine_pod.h"
#include "controller/modeldeployment/last_words.h"
#include "controller/modeldeployment/reasons.h"

namespace penstock::controller::modeldeployment {
namespace {

using condition::Finding;
using Found = std::optional<Finding>;

Finding finding(std::string_view reason, std::string message) {
  return {std::string(reason), std::move(message)};
}

/// The text between two marks; to the end when the second is missing, empty when the first is.
std::string_view between(std::string_view text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from);
  if (begin == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(begin + from.size());
  return text.substr(0, text.find(to));
}

Found forbidden(const DiagnosisInput& input) {
  const std::string_view message = input.deployment.create_failure;
  if (message.empty()) {
    return std::nullopt;
  }
  if (const auto quota = between(message, "exceeded quota: ", ","); !quota.empty()) {
    const std::string asked(between(message, "requested: ", ", used"));
    return finding(kQuotaExceeded, "ResourceQuota " + std::string(quota) + " of namespace " +
                                       input.name_space + " forbids another replica" +
                                       (asked.empty() ? "" : " (" + asked + ")") +
                                       "; raise it or scale something down");
  }
  // "pods "name-random" is forbidden: why": the name would change with every try.
  const std::string_view why = between(message, "is forbidden: ", "\n");
  return finding(kPodForbidden,
                 "pods are not admitted: " + std::string(why.empty() ? message : why));
}

Found config_error(const DiagnosisInput&, const ContainerFacts& container) {
  if (container.waiting_reason != "CreateContainerConfigError" &&
      container.waiting_reason != "CreateContainerError") {
    return std::nullopt;
  }
  return finding(kContainerConfigError, "container " + container.name + " cannot be made: " +
                                            container.waiting_message + "; create what is missing");
}

/// One of a few words for what registries answer: their full messages differ from try to try.
std::string_view pull_problem(std::string_view message) {
  struct Row {
    std::string_view mark;
    std::string_view words;
  };
  constexpr std::array kRows{
      Row{"no match for platform", ": it has no variant for the node's processor"},
      Row{"not found", ": there is no such image"},
      Row{"unauthorized", ": the registry refuses the credentials"},
      Row{"denied", ": the registry refuses access"},
      Row{"no such host", ": the registry's name is unknown"},
      Row{"x509", ": the registry's certificate is not trusted"},
      Row{"timeout", ": the registry does not answer"},
  };
  for (const auto& row : kRows) {
    if (message.find(row.mark) != std::string_view::npos) {
      return row.words;
    }
  }
  return "";
}

Found image_pull(const DiagnosisInput&, const ContainerFacts& container) {
  constexpr std::array<std::string_view, 4> kWaiting{"ImagePullBackOff", "ErrImagePull",
                                                     "InvalidImageName", "ErrImageNeverPull"};
  for (const auto reason : kWaiting) {
    if (container.waiting_reason == reason) {
      return finding(kImagePullBackOff,
                     "image " + container.image + " cannot be pulled" +
                         std::string(pull_problem(container.waiting_message)) +
                         "; correct engine.image, or set engine.imagePullSecrets for a private "
                         "registry");
    }
  }
  return std::nullopt;
}

/// How a container that does not stay up ended last. A container that was restarted and is not
/// ready yet still counts: else the reason would come and go with every restart.
const Termination* last_end(const ContainerFacts& container) {
  if (container.ready) {
    return nullptr;
  }
  if (container.ended && container.ended->reason != "Completed") {
    return &*container.ended;
  }
  return container.restarts > 0 && container.previous ? &*container.previous : nullptr;
}

/// The node has the image and cannot make a process of it.
Found cannot_start(const DiagnosisInput&, const ContainerFacts& container) {
  const auto* end = last_end(container);
  const bool failed =
      end != nullptr && (end->reason == "StartError" || end->reason == "ContainerCannotRun");
  if (!failed && container.waiting_reason != "RunContainerError") {
    return std::nullopt;
  }
  const std::string_view all = failed ? end->message : container.waiting_message;
  // Layers of the runtime prefix their own words, and wrap the cause.
  std::string_view why = between(all, "unable to start container process: ", "\n");
  why = why.empty() ? all : why;
  why = why.substr(0, why.rfind(": unknown"));
  const bool command = why.starts_with("exec: ");
  return finding(kStartError,
                 "container " + container.name + " cannot be started: " + std::string(why) +
                     (command ? "; correct engine.command, or use an image that has this program"
                              : "; the node's container runtime refuses it: look at the node's "
                                "driver and device plugin, and at engine.podTemplate"));
}

Found out_of_memory(const DiagnosisInput&, const ContainerFacts& container) {
  const auto* end = last_end(container);
  if (end == nullptr || end->reason != "OOMKilled") {
    return std::nullopt;
  }
  if (container.memory_limit.empty()) {
    return finding(kOOMKilled,
                   "container " + container.name +
                       " was killed because its node had no memory left; set "
                       "engine.resources.requests.memory to what it needs, so that it gets a node "
                       "that has as much");
  }
  return finding(kOOMKilled, "container " + container.name +
                                 " was killed because it used more memory than its limit of " +
                                 container.memory_limit +
                                 "; raise engine.resources.limits.memory or lower "
                                 "model.contextLength");
}

constexpr std::int64_t kKilled = 137;

/// The kubelet kills at the last try of the startup probe, which is up to a period before the time
/// is over; times of a container's status are whole seconds. Who ran for longer than loading and
/// the way out may take had been up, and was killed for something else.
bool ended_at_timeout(std::chrono::nanoseconds ran, std::chrono::nanoseconds timeout) {
  constexpr std::chrono::seconds kRounding{1};
  return ran >= timeout - kStartupPeriod - kRounding &&
         ran <= timeout + kStartupPeriod + kGrace + kRounding;
}

Found startup_timeout(const DiagnosisInput& input, const ContainerFacts& container) {
  constexpr std::int64_t kTerminated = 143;
  const auto* end = last_end(container);
  if (end == nullptr || !end->started_at || !end->finished_at ||
      (end->exit_code != kKilled && end->exit_code != kTerminated && end->exit_code != 0) ||
      !ended_at_timeout(*end->finished_at - *end->started_at, input.startup_timeout)) {
    return std::nullopt;
  }
  return finding(kStartupTimeout, "the engine did not answer its health path within " +
                                      format_duration(input.startup_timeout) +
                                      "; raise engine.startupTimeout, or see its log: kubectl logs "
                                      "-n " +
                                      input.name_space + " -l " + input.selector + " --previous");
}

Found crash(const DiagnosisInput& input, const ContainerFacts& container) {
  const auto* end = last_end(container);
  if (end == nullptr && container.waiting_reason != "CrashLoopBackOff") {
    return std::nullopt;
  }
  // A node without memory kills, too, and then no container's limit is to blame.
  const std::string how =
      end == nullptr ? ""
      : end->exit_code == kKilled
          ? " with code 137 (killed: by its liveness probe, by hand, or because "
            "the node had no memory left)"
          : " with code " + std::to_string(end->exit_code);
  return finding(kCrashLoopBackOff, "container " + container.name + " exits" + how +
                                        "; see its log: kubectl logs -n " + input.name_space +
                                        " -l " + input.selector + " --previous");
}

Found last_words(const DiagnosisInput&, const ContainerFacts& container) {
  const auto* end = last_end(container);
  return end == nullptr ? std::nullopt : cause_in_last_words(end->message);
}

using ContainerCheck = Found (*)(const DiagnosisInput&, const ContainerFacts&);

// In the order of how much each explains.
constexpr std::array<ContainerCheck, 7> kContainerChecks{
    config_error, image_pull, cannot_start, out_of_memory, last_words, startup_timeout, crash};

/// The kubelet removes pods that fill its disk; their successors may start before they fill it too.
Found evicted(const DiagnosisInput& input) {
  for (const auto& pod : input.pods) {
    if (pod.evicted.find("ephemeral") != std::string::npos ||
        pod.evicted.find("disk") != std::string::npos) {
      return finding(
          kOutOfDisk,
          "the node removed a replica because its disk was full; set engine.cache.size so "
          "that weights have a volume of their own, or use a node with a larger disk");
    }
  }
  return std::nullopt;
}

// A cordoned node is refused by its taint where that is looked at first, else by its spec.
constexpr std::string_view kCordoned = "nodes are cordoned";
constexpr std::string_view kCordonTaint = "node.kubernetes.io/unschedulable";

Found unschedulable(const DiagnosisInput& input) {
  for (const auto& pod : input.pods) {
    if (pod.deleting || !pod.unschedulable) {
      continue;
    }
    const std::string missing = what_is_missing(pod.unschedulable_message);
    const bool cordoned = missing.find(kCordoned) != std::string::npos;
    return finding(kUnschedulable,
                   "no node can take a replica: " + missing + "; " +
                       (cordoned ? "kubectl uncordon them when their maintenance is over, " : "") +
                       "add such nodes, free some, or change engine.accelerator, engine.resources "
                       "or engine.nodeSelector");
  }
  return std::nullopt;
}

}  // namespace

std::string what_is_missing(std::string_view scheduler_message) {
  // What preemption would have done is said after what is missing.
  const std::string_view message =
      scheduler_message.substr(0, scheduler_message.find(" preemption:"));
  std::set<std::string> missing;
  constexpr std::string_view kInsufficient = "Insufficient ";
  for (auto at = message.find(kInsufficient); at != std::string_view::npos;
       at = message.find(kInsufficient, at + 1)) {
    std::string_view resource = message.substr(at + kInsufficient.size());
    resource = resource.substr(0, resource.find_first_of(", "));
    while (resource.ends_with('.')) {
      resource.remove_suffix(1);
    }
    missing.insert("not enough " + std::string(resource));
  }
  if (message.find("didn't match Pod's node affinity/selector") != std::string_view::npos) {
    missing.insert("no node matches the node selector");
  }
  if (const auto taint = between(message, "untolerated taint {", "}");
      !taint.empty() && !taint.starts_with(kCordonTaint)) {
    missing.insert("the taint " + std::string(taint) + " is not tolerated");
  }
  if (message.find("PersistentVolume") != std::string_view::npos ||
      message.find("persistentvolumeclaim") != std::string_view::npos) {
    missing.insert("a volume is missing or not bound");
  }
  if (message.find("unschedulable") != std::string_view::npos) {
    missing.emplace(kCordoned);
  }
  std::string out;
  for (const auto& item : missing) {
    out += (out.empty() ? "" : "; ") + item;
  }
  return out.empty() ? "no nodes are available" : out;
}

std::optional<Finding> diagnose(const DiagnosisInput& input) {
  if (auto found = forbidden(input)) {
    return found;
  }
  for (const auto check : kContainerChecks) {
    for (const auto& pod : input.pods) {
      if (pod.deleting || pod.ready) {
        continue;
      }
      for (const auto& container : pod.containers) {
        if (auto found = check(input, container)) {
          return found;
        }
      }
    }
  }
  if (auto found = unschedulable(input)) {
    return found;
  }
  if (auto found = evicted(input)) {
    return found;
  }
  if (input.deployment.deadline_exceeded) {
    return finding(kDeadlineExceeded,
                   "replicas did not become ready in time; look at their events: kubectl describe "
                   "pods -n " +
                       input.name_space + " -l " + input.selector);
  }
  return std::nullopt;
}

}  // namespace penstock::controller::modeldeployment
