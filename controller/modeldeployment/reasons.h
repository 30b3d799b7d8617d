#pragma once
// The reasons in conditions and events of ModelDeployments, each with what to do about it. The one
// table: docs/reference/reasons.md is made from it, and a test sees to it that nothing else is
// used.

#include <array>
#include <string_view>

#include "controller/condition/report.h"

namespace penstock::controller::modeldeployment {

struct Reason {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};

// Good and neutral.
inline constexpr std::string_view kAccepted = "Accepted";
inline constexpr std::string_view kPlanned = "Planned";
inline constexpr std::string_view kNotNeeded = "NotNeeded";
inline constexpr std::string_view kDeployed = "Deployed";
inline constexpr std::string_view kRollingOut = "RollingOut";
inline constexpr std::string_view kStarting = "Starting";
inline constexpr std::string_view kReplicasReady = "ReplicasReady";
inline constexpr std::string_view kSomeReplicasReady = "SomeReplicasReady";
inline constexpr std::string_view kScaledToZero = "ScaledToZero";
inline constexpr std::string_view kAsleep = "Asleep";
inline constexpr std::string_view kCredentialsFound = "CredentialsFound";
inline constexpr std::string_view kFallbackFound = "FallbackFound";
inline constexpr std::string_view kReady = "Ready";

// The spec.
inline constexpr std::string_view kImageMissing = "ImageMissing";
inline constexpr std::string_view kSourceNotSupported = "SourceNotSupported";
inline constexpr std::string_view kProfileNotFound = "AcceleratorProfileNotFound";
inline constexpr std::string_view kInsufficientMemory = "InsufficientMemory";
inline constexpr std::string_view kInvalidParallelism = "InvalidParallelism";
inline constexpr std::string_view kNotSupported = "NotSupported";

// The cluster.
inline constexpr std::string_view kQuotaExceeded = "QuotaExceeded";
inline constexpr std::string_view kPodForbidden = "PodForbidden";
inline constexpr std::string_view kUnschedulable = "Unschedulable";
inline constexpr std::string_view kImagePullBackOff = "ImagePullBackOff";
inline constexpr std::string_view kStartError = "StartError";
inline constexpr std::string_view kContainerConfigError = "ContainerConfigError";
inline constexpr std::string_view kOutOfDisk = "OutOfDisk";
inline constexpr std::string_view kSourceUnauthorized = "ModelSourceUnauthorized";
inline constexpr std::string_view kSourceNotFound = "ModelSourceNotFound";
inline constexpr std::string_view kEgressDenied = "EgressDenied";
inline constexpr std::string_view kOOMKilled = "OOMKilled";
inline constexpr std::string_view kStartupTimeout = "StartupTimeout";
inline constexpr std::string_view kCrashLoopBackOff = "CrashLoopBackOff";
inline constexpr std::string_view kDeadlineExceeded = "ProgressDeadlineExceeded";

inline constexpr std::array kReasons{
    Reason{kAccepted, "The spec can be carried out.", ""},
    Reason{kPlanned, "The model fits the accelerators; status.plan has the figures.", ""},
    Reason{kNotNeeded, "No accelerator is asked for, so there is nothing to plan.", ""},
    Reason{kDeployed, "All replicas run the current version.", ""},
    Reason{kRollingOut, "Replicas are being replaced by the current version.", ""},
    Reason{kStarting, "Replicas are starting and load the model.",
           "Wait; engine.startupTimeout limits how long it may take."},
    Reason{kReplicasReady, "All wanted replicas take calls.", ""},
    Reason{kSomeReplicasReady, "Calls are answered, by fewer replicas than wanted.",
           "Read condition Progressing, which says what the others wait for."},
    Reason{kScaledToZero, "spec.replicas is 0, so no replica runs.",
           "Set spec.replicas to 1 or more to serve calls."},
    Reason{kAsleep, "No replica runs because nobody calls; the next call wakes the model.",
           "To keep one running, set scaling.minReplicas to 1 or more."},
    Reason{kCredentialsFound, "The provider's address and credentials are complete.", ""},
    Reason{kFallbackFound, "The deployment for callers without a fitting device exists.", ""},
    Reason{kReady, "Calls can be answered.", ""},
    Reason{kImageMissing, "The engine type has no default image.", "Set engine.image."},
    Reason{kSourceNotSupported, "The engine cannot load weights from this source.",
           "Use the source that the message names."},
    Reason{kProfileNotFound, "The AcceleratorProfile does not exist.",
           "Create it, or correct engine.accelerator.profile."},
    Reason{
        kInsufficientMemory,
        "The model does not fit the accelerators of one node: by the plan, or by the engine's "
        "own word.",
        "Use the larger profile that the message names, or another thing that it says would fit."},
    Reason{kInvalidParallelism, "The model cannot be spread over accelerators as the spec says.",
           "Use the size that the message names, or remove count and parallelism.tensor and let "
           "the planner choose."},
    Reason{kNotSupported, "This version cannot do what the spec asks for.",
           "Do what the message says."},
    Reason{"SecretNotFound", "A Secret, or a key in it, does not exist.", "Create it."},
    Reason{"EmptyKey", "A Secret holds no usable key.", "Write the key into it."},
    Reason{"InvalidEndpoint", "The provider's address cannot be used.",
           "Correct provider.endpoint."},
    Reason{"DeploymentNotFound", "The fallback does not exist.",
           "Create it, or correct client.fallbackRef."},
    Reason{"FallbackLoop", "The fallback leads back to this deployment.",
           "Name a deployment with an engine or a provider."},
    Reason{"NotShared", "The fallback is in another namespace and not shared.",
           "Add this namespace to its spec.sharedWith."},
    Reason{condition::kApplyFailed, "The API server refused a child.",
           "The message has the server's words; engine.podTemplate is the usual cause."},
    Reason{condition::kNotOwned,
           "An object with the name of a child exists and belongs to somebody else.",
           "Delete or rename that object."},
    Reason{kQuotaExceeded, "A ResourceQuota forbids more pods.",
           "Raise the quota, or scale something down."},
    Reason{kPodForbidden, "Admission forbids the pods.",
           "The message names the policy; relax it or change the deployment."},
    Reason{kUnschedulable, "No node can take a replica.",
           "The message names what is missing: add such nodes, free some, or ask for less."},
    Reason{kImagePullBackOff, "The image cannot be pulled.",
           "Correct engine.image, or set engine.imagePullSecrets."},
    Reason{kContainerConfigError, "The container refers to something that does not exist.",
           "Create the Secret or ConfigMap that the message names."},
    Reason{kStartError, "The image is there and cannot be started.",
           "Correct engine.command or engine.image as the message says, or keep the pods on nodes "
           "with the image's processor by engine.nodeSelector."},
    Reason{kOutOfDisk, "The disk of the engine's pod is full.",
           "Raise engine.cache.size, or use a node with a larger disk."},
    Reason{kSourceUnauthorized, "The source refuses the weights.",
           "Set engine.source.huggingFace.tokenSecretRef to a token that may read them."},
    Reason{kSourceNotFound, "The source has no such weights.",
           "Correct repository, revision or file in engine.source."},
    Reason{kEgressDenied, "The engine cannot reach the host that the message names.",
           "Allow it in the namespace's network policies, or take the weights from the cluster."},
    Reason{kOOMKilled, "The engine was killed for lack of main memory (not of the accelerator's).",
           "Raise engine.resources.limits.memory, or lower contextLength; without a limit, set "
           "requests.memory."},
    Reason{kStartupTimeout, "The model was not loaded in time.", "Raise engine.startupTimeout."},
    Reason{kCrashLoopBackOff, "The engine exits again and again.",
           "Read its log with the command in the message."},
    Reason{kDeadlineExceeded, "The replicas did not become ready in time.",
           "Look at the pods' events; raise engine.startupTimeout if the model is only slow."},
};

}  // namespace penstock::controller::modeldeployment
