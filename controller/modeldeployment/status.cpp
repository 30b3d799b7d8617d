#include "controller/modeldeployment/status.h"

#include <nlohmann/json.hpp>

#include "controller/child/metadata.h"
#include "controller/modeldeployment/desired.h"
#include "controller/modeldeployment/reasons.h"
#include "runtime/conditions.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;
using condition::Finding;
using runtime::ConditionSet;

void set_true(ConditionSet& set, std::string_view type, const Finding& finding) {
  set.set_true(type, finding.reason, finding.message);
}
void set_false(ConditionSet& set, std::string_view type, const Finding& finding) {
  set.set_false(type, finding.reason, finding.message);
}

Finding finding(std::string_view reason, std::string message) {
  return {std::string(reason), std::move(message)};
}

class EngineConditions {
 public:
  EngineConditions(const Input& input, const Plan& plan, const std::optional<Finding>& failure,
                   ConditionSet& set)
      : input_(input), plan_(plan), failure_(failure), set_(set) {}

  void put_all() {
    put_planned();
    put_available();
    put_progressing();
  }

 private:
  [[nodiscard]] const DeploymentFacts& facts() const { return input_.deployment; }
  [[nodiscard]] bool all_ready() const {
    return facts().current && facts().wanted == plan_.replicas &&
           facts().updated == facts().wanted && facts().replicas == facts().wanted &&
           facts().ready >= facts().wanted;
  }

  /// What keeps new replicas from coming up, the nearest cause first.
  [[nodiscard]] const Finding* obstacle() const {
    for (const auto* cause : {&plan_.refused, &plan_.misfit, &failure_}) {
      if (*cause) {
        return &**cause;
      }
    }
    return plan_.trouble && !all_ready() ? &*plan_.trouble : nullptr;
  }

  [[nodiscard]] static Finding starting() {
    return finding(kStarting,
                   "replicas are starting and load the model; engine.startupTimeout limits how "
                   "long that may take");
  }

  void put_planned() {
    if (plan_.misfit) {
      set_false(set_, "Planned", *plan_.misfit);
    } else if (plan_.fit.profile.empty()) {
      set_.set_true("Planned", kNotNeeded,
                    "engine.accelerator is not set, so there is nothing to plan");
    } else {
      set_.set_true("Planned", kPlanned, plan_.fit.explanation);
    }
  }

  void put_available() {
    const auto* cause = obstacle();
    if (facts().ready > 0 && facts().ready >= plan_.replicas) {
      set_.set_true("Available", kReplicasReady, "all wanted replicas take calls");
    } else if (facts().ready > 0) {
      set_.set_true("Available", kSomeReplicasReady,
                    "fewer replicas than wanted take calls" +
                        (cause == nullptr ? std::string() : ": " + cause->message));
    } else if (cause != nullptr) {
      set_false(set_, "Available", *cause);
    } else if (plan_.replicas == 0 && input_.object.spec.replicas) {
      set_.set_false("Available", kScaledToZero,
                     "no replica is wanted; set spec.replicas to 1 or more to serve calls");
    } else if (plan_.replicas == 0) {
      set_.set_true("Available", kAsleep,
                    "no replica runs because nobody calls; the next call wakes the model");
    } else {
      set_false(set_, "Available", starting());
    }
  }

  void put_progressing() {
    if (const auto* cause = obstacle()) {
      set_.note("Progressing", false, cause->reason, cause->message);
    } else if (all_ready()) {
      set_.note("Progressing", true, kDeployed, "all replicas run the current version");
    } else if (facts().ready == 0) {
      set_.note("Progressing", true, kStarting, starting().message);
    } else {
      set_.note("Progressing", true, kRollingOut,
                "replicas are being replaced by the current version");
    }
  }

  const Input& input_;
  const Plan& plan_;
  const std::optional<Finding>& failure_;
  ConditionSet& set_;
};

void put_healthy(const Plan& plan, ConditionSet& set) {
  if (plan.unhealthy) {
    set_false(set, "Healthy", *plan.unhealthy);
  } else if (plan.refused) {
    set.set_unknown("Healthy", plan.refused->reason, plan.refused->message);
  } else {
    set.set_true("Healthy", kCredentialsFound,
                 "the provider's address and credentials are complete");
  }
}

void put_accepted(const Plan& plan, ConditionSet& set) {
  if (plan.refused) {
    set_false(set, "Accepted", *plan.refused);
  } else {
    set_true(set, "Accepted", finding(kAccepted, "the spec can be carried out"));
  }
}

/// What Ready sums up. Progressing stands beside it: an old version that answers while a new one
/// does not come up is still ready. ScalingActive is the autoscaler's.
std::vector<std::string> declared(const md::Spec& spec) {
  if (spec.engine) {
    return {"Accepted", "Planned", "Available"};
  }
  return spec.provider ? std::vector<std::string>{"Accepted", "Healthy"}
                       : std::vector<std::string>{"Accepted"};
}

std::optional<md::Plan> plan_status(const Fit& fit) {
  if (fit.profile.empty()) {
    return std::nullopt;
  }
  md::Plan out;
  out.accelerator_profile = fit.profile;
  out.gpus_per_replica = fit.accelerators;
  out.nodes_per_replica = 1;
  out.tensor_parallel = fit.tensor_parallel;
  out.pipeline_parallel = fit.pipeline_parallel;
  out.weights_bytes = fit.weights_bytes;
  out.kv_cache_bytes = fit.kv_cache_bytes;
  out.kv_cache_tokens = fit.kv_cache_tokens;
  out.kv_bytes_per_token = fit.kv_bytes_per_token;
  out.sequences_at_context = fit.calls_at_context;
  out.max_sequences = fit.max_sequences;
  out.explanation = fit.explanation;
  return out;
}

}  // namespace

md::Status status_of(const Input& input, const Plan& plan, const std::optional<Finding>& failure) {
  md::Status out;
  const auto& object = input.object;
  out.observed_generation = object.metadata.generation;
  ConditionSet set(declared(object.spec), object.status.conditions, object.metadata.generation,
                   input.now);
  put_accepted(plan, set);
  if (object.spec.engine) {
    out.replicas = input.deployment.replicas;
    out.ready_replicas = input.deployment.ready;
    out.updated_replicas = input.deployment.updated;
    out.selector = child::selector_text(selector_labels(object));
    out.plan = plan.misfit ? std::nullopt : plan_status(plan.fit);
    EngineConditions(input, plan, failure, set).put_all();
  } else if (object.spec.provider) {
    put_healthy(plan, set);
  }
  out.conditions = set.finish();
  return out;
}

kube::Object status_intent(const crd::ModelDeployment& object, const md::Status& status) {
  json::Value out = {{"apiVersion", crd::kApiVersion},
                     {"kind", crd::ModelDeployment::kKind},
                     {"metadata",
                      {{"name", object.metadata.name},
                       {"namespace", object.metadata.namespace_},
                       {"uid", object.metadata.uid}}}};
  md::write_value(out["status"], status);
  return kube::Object(std::move(out));
}

std::vector<condition::Announcement> news(const md::Status& before, const md::Status& after) {
  return condition::announcements(
      before.conditions, after.conditions,
      {.types = {"Accepted", "Planned", "Healthy", "Progressing", "Ready"},
       .calm = {kScaledToZero, kStarting},
       .silent = {kNotNeeded}});
}

}  // namespace penstock::controller::modeldeployment
