#pragma once
// Resources from YAML text, so that a test reads like what a user writes.

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/snapshot/compile.h"
#include "json/yaml.h"

namespace penstock::controller::snapshot {

/// Adds the objects of a YAML text; the namespace is "default" unless an object names one.
inline void add_manifests(Resources& resources, const std::string& yaml) {
  const auto stream = json::parse_yaml(yaml, "test.yaml");
  ASSERT_TRUE(stream.check().has_value()) << stream.check().error().message();
  for (const auto& document : stream.documents) {
    json::Value value = *document.value;
    if (!value["metadata"].contains("namespace")) {
      value["metadata"]["namespace"] = "default";
    }
    const std::string kind = value["kind"];
    if (kind == "InferenceGateway") {
      resources.gateways.push_back(crd::parse_inference_gateway(value).value());
    } else if (kind == "ModelDeployment") {
      resources.deployments.push_back(crd::parse_model_deployment(value).value());
    } else if (kind == "ModelRoute") {
      resources.routes.push_back(crd::parse_model_route(value).value());
    } else if (kind == "Consumer") {
      resources.consumers.push_back(crd::parse_consumer(value).value());
    } else if (kind == "Secret") {
      ASSERT_TRUE(resources.secrets.add(value).has_value());
    } else {
      FAIL() << "unknown kind " << kind;
    }
  }
}

inline const Problem* find_problem(const Problems& problems, std::string_view reason) {
  const auto found = std::ranges::find(problems, reason, &Problem::reason);
  return found == problems.end() ? nullptr : &*found;
}

}  // namespace penstock::controller::snapshot
