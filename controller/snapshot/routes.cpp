#include "controller/snapshot/routes.h"

#include <algorithm>
#include <map>
#include <set>

#include "controller/snapshot/precedence.h"
#include "controller/snapshot/route_policy.h"

namespace penstock::controller::snapshot {
namespace {

namespace mr = crd::model_route;
namespace doc = gateway::snapshot;

/// Deployments in use, numbered in the order of first use; renumbered by name at the end.
class UsedDeployments {
 public:
  std::uint32_t number(const doc::Deployment& upstream) {
    const auto [slot, is_new] =
        numbers_.try_emplace(upstream.name, static_cast<std::uint32_t>(numbers_.size()));
    if (is_new) {
      deployments_.push_back(upstream);
    }
    return slot->second;
  }

  /// Moves the deployments out in the order of their names and corrects the routes' indices.
  std::vector<doc::Deployment> finish(std::vector<doc::Route>& routes) {
    std::vector<std::uint32_t> renumbered(deployments_.size());
    std::vector<doc::Deployment> out;
    for (const auto& [name, old] : numbers_) {
      renumbered[old] = static_cast<std::uint32_t>(out.size());
      out.push_back(std::move(deployments_[old]));
    }
    for (auto& route : routes) {
      for (auto& tier : route.tiers) {
        for (auto& backend : tier.backends) {
          backend.deployment = renumbered[backend.deployment];
        }
      }
    }
    return out;
  }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<doc::Deployment> deployments_;
};

class RouteCompiler {
 public:
  RouteCompiler(const crd::ModelRoute& object, const DeploymentTable& deployments,
                UsedDeployments& used, Problems& problems)
      : object_(object), deployments_(deployments), used_(used), problems_(problems) {}

  std::optional<doc::Route> compile() {
    if (!may_be_served(object_, problems_)) {
      return std::nullopt;
    }
    doc::Route route;
    route.name = object_.metadata.full_name();
    apply_policy(object_, route);
    for (std::size_t i = 0; i < object_.spec.tiers.size(); ++i) {
      auto tier = compile_tier(object_.spec.tiers[i], "/spec/tiers/" + std::to_string(i));
      if (!tier.backends.empty()) {
        route.tiers.push_back(std::move(tier));
      }
    }
    if (route.tiers.empty()) {
      report("/spec/tiers", kNoBackends,
             "ModelRoute " + route.name +
                 " has no usable backend and takes no calls; see its other problems");
      return std::nullopt;
    }
    return route;
  }

 private:
  doc::Tier compile_tier(const mr::Tier& tier, const std::string& at) {
    doc::Tier out;
    out.spill = spill_of(tier.spill);
    for (std::size_t i = 0; i < tier.backends.size(); ++i) {
      const auto& backend = tier.backends[i];
      const auto* upstream = usable(backend, at + "/backends/" + std::to_string(i));
      if (upstream != nullptr) {
        out.backends.push_back(
            {used_.number(*upstream), static_cast<std::uint32_t>(std::max(backend.weight, 0))});
      }
    }
    return out;
  }

  const doc::Deployment* usable(const mr::Backend& backend, const std::string& at) {
    const std::string& own = object_.metadata.namespace_;
    const std::string name_space = backend.deployment_ref.namespace_.value_or(own);
    const std::string name = name_space + "/" + backend.deployment_ref.name;
    const std::string field = at + "/deploymentRef";
    const auto* named = deployments_.named(name_space, backend.deployment_ref.name);
    // A stranger learns the same from a deployment that is not shared as from one that is not
    // there.
    if (named == nullptr || !deployments_.shared_with(*named, own)) {
      const bool foreign = name_space != own;
      report(field, foreign ? kNotShared : kDeploymentNotFound,
             "ModelDeployment " + name +
                 (foreign ? " does not exist or is not shared with namespace " + own +
                                "; its owner can add it to spec.sharedWith"
                          : " does not exist; create it or correct the name"));
      return nullptr;
    }
    const auto* entry = deployments_.find(name_space, backend.deployment_ref.name);
    if (!entry->compiled) {
      report(field, kNoBackends,
             "ModelDeployment " + name + " cannot be called; see its own problems");
      return nullptr;
    }
    const doc::Deployment& upstream = *entry->compiled;
    const bool fits = inside_residency(upstream, field) && same_version(*entry->object, field);
    return fits ? &upstream : nullptr;
  }

  bool inside_residency(const doc::Deployment& upstream, const std::string& field) {
    const auto& residency = object_.spec.residency;
    const std::string& where = upstream.residency;
    if (!residency ||
        (!where.empty() && std::ranges::find(residency->allow, where) != residency->allow.end())) {
      return true;
    }
    std::string allowed;
    for (const auto& item : residency->allow) {
      allowed += (allowed.empty() ? "" : ", ") + item;
    }
    report(field, kResidencyExcluded,
           "ModelDeployment " + upstream.name +
               (where.empty() ? " states no residency" : " is in " + where) +
               ", and this route allows only " + allowed +
               ": it is never called; remove it from the route or extend residency.allow");
    return false;
  }

  bool same_version(const crd::ModelDeployment& deployment, const std::string& field) {
    const auto& model = deployment.spec.model;
    const std::string version = model.version.value_or("");
    const auto [first, is_new] = versions_.try_emplace(model.name, version);
    if (is_new || first->second == version || object_.spec.versions == mr::SpecVersions::kMixed) {
      return true;
    }
    report(field, kVersionsMixed,
           "ModelDeployment " + deployment.metadata.full_name() + " serves version \"" + version +
               "\" of " + model.name + ", and the route uses \"" + first->second +
               "\": set versions: Mixed or use one version");
    return false;
  }

  void report(std::string field, std::string_view reason, std::string message) {
    problems_.push_back(
        {{std::string(crd::ModelRoute::kKind), object_.metadata.namespace_, object_.metadata.name},
         std::move(field),
         std::string(reason),
         std::move(message)});
  }

  const crd::ModelRoute& object_;
  const DeploymentTable& deployments_;
  UsedDeployments& used_;
  Problems& problems_;
  std::map<std::string, std::string> versions_;  ///< of each model, as first seen
};

/// Reports references to gateways that do not exist, whichever gateway this is for.
bool attached(const crd::ModelRoute& object, const std::set<std::string>& gateways,
              std::string_view gateway, Problems& problems) {
  bool here = false;
  for (std::size_t i = 0; i < object.spec.gateway_refs.size(); ++i) {
    const auto& ref = object.spec.gateway_refs[i];
    const std::string name = ref.namespace_.value_or(object.metadata.namespace_) + "/" + ref.name;
    here = here || name == gateway;
    if (!gateways.contains(name)) {
      problems.push_back(
          {{std::string(crd::ModelRoute::kKind), object.metadata.namespace_, object.metadata.name},
           "/spec/gatewayRefs/" + std::to_string(i),
           std::string(kGatewayNotFound),
           "InferenceGateway " + name + " does not exist; create it or correct gatewayRefs"});
    }
  }
  return here;
}

}  // namespace

void apply_routes(const Resources& resources, const DeploymentTable& deployments,
                  std::string_view gateway, doc::Document& document, Problems& problems) {
  std::set<std::string> gateways;
  for (const auto& object : resources.gateways) {
    gateways.insert(object.metadata.full_name());
  }
  UsedDeployments used;
  std::vector<RouteWithAge> routes;
  for (const auto& object : resources.routes) {
    if (!attached(object, gateways, gateway, problems)) {
      continue;
    }
    if (auto route = RouteCompiler(object, deployments, used, problems).compile()) {
      routes.push_back(
          {std::move(*route), object.metadata.creation_timestamp.value_or(WallTime{})});
    }
  }
  sort_by_precedence(routes);
  for (auto& item : routes) {
    document.routes.push_back(std::move(item.route));
  }
  document.deployments = used.finish(document.routes);
}

}  // namespace penstock::controller::snapshot
