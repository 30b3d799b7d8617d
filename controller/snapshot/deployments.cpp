#include "controller/snapshot/deployments.h"

#include <algorithm>

#include "controller/snapshot/upstream.h"

namespace penstock::controller::snapshot {
namespace {

Problem problem(const crd::ModelDeployment& object, std::string field, std::string_view reason,
                std::string message) {
  return {
      {std::string(crd::ModelDeployment::kKind), object.metadata.namespace_, object.metadata.name},
      std::move(field),
      std::string(reason),
      std::move(message)};
}

}  // namespace

DeploymentTable::DeploymentTable(const Resources& resources, const Endpoints& endpoints,
                                 Problems& problems)
    : resources_(resources) {
  for (const auto& object : resources.deployments) {
    DeploymentEntry entry{&object, std::nullopt};
    const std::string name = object.metadata.full_name();
    if (object.spec.engine) {
      const auto found = endpoints.find(name);
      entry.compiled = engine_upstream(
          object,
          found == endpoints.end() ? std::vector<gateway::snapshot::Endpoint>() : found->second,
          resources.cluster_residency);
    } else if (object.spec.provider) {
      entry.compiled = provider_upstream(object, resources.secrets, problems);
    }
    entries_.insert_or_assign(name, std::move(entry));
  }
  resolve_fallbacks(problems);
}

void DeploymentTable::resolve_fallbacks(Problems& problems) {
  for (const auto& [name, entry] : entries_) {
    const crd::ModelDeployment* object = entry.object;
    // A chain can be no longer than the table; longer means that it bites its tail.
    for (std::size_t step = 0; object->spec.client; ++step) {
      const auto& ref = object->spec.client->fallback_ref;
      const std::string target =
          ref.namespace_.value_or(object->metadata.namespace_) + "/" + ref.name;
      const auto next = entries_.find(target);
      const bool consent =
          next != entries_.end() && shared_with(*next->second.object, object->metadata.namespace_);
      if (step == entries_.size() || !consent) {
        // Told with the one whose chain this is: it cannot be called. The broken link may be
        // another's.
        problems.push_back(problem(
            *entry.object, "/spec/client/fallbackRef",
            next == entries_.end() ? kDeploymentNotFound : (consent ? kFallbackLoop : kNotShared),
            next == entries_.end() ? "fallback ModelDeployment " + target + " does not exist"
            : consent              ? "fallback " + target +
                            " leads back to itself; name a deployment with an engine or a provider"
                      : "fallback ModelDeployment " + target + " is not shared with namespace " +
                            object->metadata.namespace_ + "; add it to its spec.sharedWith"));
        break;
      }
      object = next->second.object;
    }
    if (entry.object->spec.client && !object->spec.client) {
      fallbacks_.insert_or_assign(name, object->metadata.full_name());
    }
  }
}

const crd::ModelDeployment* DeploymentTable::named(std::string_view name_space,
                                                   std::string_view name) const {
  const auto found = entries_.find(std::string(name_space) + "/" + std::string(name));
  return found == entries_.end() ? nullptr : found->second.object;
}

const DeploymentEntry* DeploymentTable::find(std::string_view name_space,
                                             std::string_view name) const {
  const std::string full = std::string(name_space) + "/" + std::string(name);
  const auto fallback = fallbacks_.find(full);
  const auto found = entries_.find(fallback == fallbacks_.end() ? full : fallback->second);
  return found == entries_.end() ? nullptr : &found->second;
}

bool DeploymentTable::shared_with(const crd::ModelDeployment& deployment,
                                  const std::string& name_space) const {
  if (deployment.metadata.namespace_ == name_space) {
    return true;
  }
  return std::ranges::any_of(
      deployment.spec.shared_with, [&](const crd::model_deployment::Grant& grant) {
        if (grant.namespace_) {
          return *grant.namespace_ == "*" || *grant.namespace_ == name_space;
        }
        const auto labels = resources_.namespaces.find(name_space);
        return grant.namespace_selector && labels != resources_.namespaces.end() &&
               !grant.namespace_selector->match_labels.empty() &&
               grant.namespace_selector->matches(labels->second);
      });
}

}  // namespace penstock::controller::snapshot
