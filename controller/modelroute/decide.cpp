#include "controller/modelroute/decide.h"

#include <algorithm>
#include <array>

#include "controller/snapshot/deployments.h"
#include "controller/snapshot/routes.h"

namespace penstock::controller::modelroute {
namespace {

using condition::Finding;

constexpr std::array kReferenceReasons{
    snapshot::kGatewayNotFound,   snapshot::kDeploymentNotFound, snapshot::kNotShared,
    snapshot::kResidencyExcluded, snapshot::kVersionsMixed,
};

std::string full_name(const crd::ObjectRef& ref, const crd::ModelRoute& route) {
  return ref.namespace_.value_or(route.metadata.namespace_) + "/" + ref.name;
}

/// The first problem that fits, as a finding.
template <class Fits>
std::optional<Finding> first(const snapshot::Problems& problems, const Fits& fits) {
  const auto found = std::ranges::find_if(problems, fits);
  return found == problems.end() ? std::nullopt
                                 : std::optional(Finding{found->reason, found->message});
}

bool gateway_programmed(const crd::InferenceGateway& gateway) {
  return std::ranges::any_of(gateway.status.conditions, [](const crd::Condition& condition) {
    return condition.type == "Programmed" && condition.status == "True";
  });
}

class Judge {
 public:
  explicit Judge(const Input& input) : input_(input) {}

  GatewayVerdict gateway(const crd::ObjectRef& ref, std::size_t index) {
    GatewayVerdict verdict;
    verdict.ref = ref;
    const std::string name = full_name(ref, input_.object);
    gateway::snapshot::Document document;
    snapshot::Problems problems;
    const snapshot::DeploymentTable table(input_.resources, {}, problems);
    snapshot::apply_routes(input_.resources, table, name, document, problems);
    std::erase_if(problems, [](const snapshot::Problem& problem) {
      return problem.object.kind != crd::ModelRoute::kKind;
    });
    const std::string at = "/spec/gatewayRefs/" + std::to_string(index);
    verdict.refused = first(problems, [&](const auto& problem) { return problem.field == at; });
    if (!verdict.refused && document.routes.empty()) {
      verdict.refused = why_empty(problems);
    }
    const auto object = std::ranges::find_if(input_.resources.gateways, [&](const auto& item) {
      return item.metadata.full_name() == name;
    });
    verdict.programmed = object != input_.resources.gateways.end() && gateway_programmed(*object);
    all_.insert(all_.end(), problems.begin(), problems.end());
    return verdict;
  }

  [[nodiscard]] std::optional<Finding> unresolved() const {
    return first(all_, [](const snapshot::Problem& problem) {
      return std::ranges::find(kReferenceReasons, problem.reason) != kReferenceReasons.end();
    });
  }

  [[nodiscard]] std::optional<Finding> ignored() const {
    return first(all_, [](const snapshot::Problem& problem) {
      return problem.reason == snapshot::kNotApplied;
    });
  }

 private:
  /// A route without backends has a cause, which says more than that there are none.
  static std::optional<Finding> why_empty(const snapshot::Problems& problems) {
    auto cause = first(problems, [](const snapshot::Problem& problem) {
      return problem.reason != snapshot::kNoBackends && problem.reason != snapshot::kNotApplied;
    });
    return cause ? cause : first(problems, [](const auto&) { return true; });
  }

  const Input& input_;
  snapshot::Problems all_;
};

}  // namespace

bool Plan::any_accepted() const {
  return std::ranges::any_of(gateways, [](const GatewayVerdict& item) { return !item.refused; });
}

Plan decide(const Input& input) {
  Plan plan;
  Judge judge(input);
  const auto& refs = input.object.spec.gateway_refs;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    plan.gateways.push_back(judge.gateway(refs[i], i));
  }
  plan.unresolved = judge.unresolved();
  plan.ignored = judge.ignored();
  return plan;
}

}  // namespace penstock::controller::modelroute
