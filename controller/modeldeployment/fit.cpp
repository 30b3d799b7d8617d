#include "controller/modeldeployment/fit.h"

#include <algorithm>
#include <limits>

#include "controller/modeldeployment/reasons.h"
#include "scaling/planner/from_spec.h"
#include "scaling/planner/plan.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;
namespace planner = scaling::planner;
using condition::Finding;

/// The children are Deployments: one pod is a whole replica.
constexpr std::uint64_t kNodesOfReplica = 1;

template <class Number>
Number narrowed(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
  return static_cast<Number>(std::min(value, kMost));
}

Fit places_of(const crd::AcceleratorProfile& profile) {
  Fit out;
  out.profile = profile.metadata.name;
  out.node_selector = profile.spec.node_selector;
  for (const auto& toleration : profile.spec.tolerations) {
    crd::Toleration copy;
    copy.key = toleration.key;
    copy.operator_ = toleration.operator_.name();
    copy.value = toleration.value;
    if (toleration.effect) {
      copy.effect = std::string(toleration.effect->name());
    }
    out.tolerations.push_back(std::move(copy));
  }
  if (profile.spec.vendor != crd::accelerator_profile::SpecVendor::kCPU) {
    out.resource_name = profile.spec.resource_name;
  }
  return out;
}

void put_layout(const planner::Layout& layout, Fit& fit) {
  fit.tensor_parallel = narrowed<std::int32_t>(layout.tensor);
  fit.pipeline_parallel = narrowed<std::int32_t>(layout.pipeline);
}

/// Nothing is known of the model: what the user fixed, else one accelerator for each stage.
std::optional<Finding> put_unknown(const planner::Wish& wish, const planner::Hardware& hardware,
                                   Fit& fit) {
  const auto possible = planner::layouts(wish, hardware);
  if (!possible) {
    return Finding{std::string(kInvalidParallelism),
                   "model " + wish.model + ": " + possible.error().message()};
  }
  const planner::Layout& layout = possible->front();
  put_layout(layout, fit);
  if (hardware.cpu) {
    fit.explanation = "profile " + hardware.name + " is of nodes without accelerators";
    return std::nullopt;
  }
  fit.accelerators = narrowed<std::int32_t>(std::max(wish.count, layout.accelerators()));
  const bool fixed = wish.count > 0 || wish.tensor > 0;
  fit.explanation = fixed ? "the number is fixed by the spec"
                          : "model.architecture is not given, so one accelerator is assumed";
  return std::nullopt;
}

void put_plan(const planner::Plan& plan, Fit& fit) {
  put_layout(plan.layout, fit);
  fit.accelerators = narrowed<std::int32_t>(plan.accelerators);
  fit.weights_bytes = narrowed<std::int64_t>(plan.weights);
  fit.kv_cache_bytes = narrowed<std::int64_t>(plan.kv_bytes);
  if (plan.kv_bytes_per_token > 0) {
    fit.kv_cache_tokens = narrowed<std::int64_t>(plan.kv_tokens);
    fit.kv_bytes_per_token = narrowed<std::int64_t>(plan.kv_bytes_per_token);
    fit.calls_at_context = narrowed<std::int64_t>(plan.calls_at_context);
    fit.max_sequences = narrowed<std::int32_t>(plan.max_sequences);
  }
  fit.explanation = plan.why;
}

std::vector<planner::Hardware> hardware_of(const std::vector<crd::AcceleratorProfile>& profiles) {
  std::vector<planner::Hardware> out;
  out.reserve(profiles.size());
  for (const auto& profile : profiles) {
    out.push_back(planner::hardware_of(profile));
  }
  return out;
}

}  // namespace

FitResult fit_model(const md::Model& model, const md::Engine& engine,
                    const std::vector<crd::AcceleratorProfile>& profiles) {
  FitResult out;
  const std::string& name = engine.accelerator->profile;
  const auto profile =
      std::ranges::find_if(profiles, [&](const auto& item) { return item.metadata.name == name; });
  if (profile == profiles.end()) {
    out.problem = {std::string(kProfileNotFound), "AcceleratorProfile " + name +
                                                      " does not exist; create it or correct "
                                                      "engine.accelerator.profile"};
    return out;
  }
  out.fit = places_of(*profile);
  planner::Wish wish = planner::wish_of(model, engine);
  wish.max_nodes = kNodesOfReplica;
  const planner::Hardware hardware = planner::hardware_of(*profile);
  if (!model.architecture) {
    out.problem = put_unknown(wish, hardware, out.fit);
    return out;
  }
  const auto plan = planner::plan_among(wish, hardware, hardware_of(profiles));
  if (plan) {
    put_plan(*plan, out.fit);
  } else {
    const bool layout = plan.error().obstacle == planner::Obstacle::kLayout;
    out.problem = {std::string(layout ? kInvalidParallelism : kInsufficientMemory),
                   plan.error().message};
  }
  return out;
}

}  // namespace penstock::controller::modeldeployment
