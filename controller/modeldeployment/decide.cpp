#include "controller/modeldeployment/decide.h"

#include <algorithm>
#include <array>

#include "controller/child/metadata.h"
#include "controller/modeldeployment/desired.h"
#include "controller/modeldeployment/diagnosis.h"
#include "controller/snapshot/deployments.h"
#include "controller/snapshot/upstream.h"

namespace penstock::controller::modeldeployment {
namespace {

using condition::Finding;

void decide_engine(const Input& input, Plan& plan) {
  const auto& spec = input.object.spec;
  const auto& engine = *spec.engine;
  plan.replicas = wanted_replicas(input.object, input.deployment);
  if (engine.accelerator) {
    auto result = fit_model(spec.model, engine, input.profiles);
    plan.fit = std::move(result.fit);
    plan.misfit = std::move(result.problem);
  } else if (engine.parallelism) {
    plan.fit.tensor_parallel = std::max(engine.parallelism->tensor, 1);
    plan.fit.pipeline_parallel = std::max(engine.parallelism->pipeline, 1);
  }
  plan.launch = launch_of(input.object, plan.fit);
  plan.refused = plan.launch.problem;
  plan.trouble =
      diagnose({input.pods, input.deployment, input.object.metadata.namespace_,
                child::selector_text(selector_labels(input.object)), engine.startup_timeout});
}

/// The gateways would say the same: these are the rules that compile their configuration.
void decide_provider(const Input& input, Plan& plan) {
  constexpr std::array kSpecProblems{snapshot::kNotSupported, snapshot::kInvalidEndpoint};
  snapshot::Problems problems;
  if (snapshot::provider_upstream(input.object, input.secrets, problems) || problems.empty()) {
    return;
  }
  const auto& problem = problems.front();
  const bool spec = std::ranges::find(kSpecProblems, problem.reason) != kSpecProblems.end();
  (spec ? plan.refused : plan.unhealthy) = Finding{problem.reason, problem.message};
}

void decide_client(const Input& input, Plan& plan) {
  snapshot::Resources resources;
  resources.deployments = input.fallbacks;
  resources.deployments.push_back(input.object);
  resources.namespaces = input.namespaces;
  snapshot::Problems problems;
  const snapshot::DeploymentTable table(resources, {}, problems);
  const auto own = std::ranges::find_if(problems, [&](const snapshot::Problem& problem) {
    return problem.object.full_name() == input.object.metadata.full_name();
  });
  if (own != problems.end()) {
    plan.refused = Finding{own->reason, own->message};
  }
}

}  // namespace

std::int32_t wanted_replicas(const crd::ModelDeployment& object,
                             const DeploymentFacts& deployment) {
  const auto& spec = object.spec;
  if (spec.replicas) {
    return std::max(*spec.replicas, 0);
  }
  if (object.status.desired_replicas) {
    return std::max(*object.status.desired_replicas, 0);
  }
  if (deployment.exists) {
    return deployment.wanted;
  }
  if (!spec.scaling) {
    return 1;
  }
  // Nothing would wake it in a dry run.
  return std::max(spec.scaling->min_replicas, spec.scaling->dry_run ? 1 : 0);
}

Plan decide(const Input& input) {
  Plan plan;
  const auto& spec = input.object.spec;
  if (spec.engine) {
    decide_engine(input, plan);
  } else if (spec.provider) {
    decide_provider(input, plan);
  } else if (spec.client) {
    decide_client(input, plan);
  }
  return plan;
}

}  // namespace penstock::controller::modeldeployment
