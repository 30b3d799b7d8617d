#pragma once
// Inputs of a ModelDeployment pass from YAML, so that a test reads like what a user writes.

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/modeldeployment/desired.h"
#include "controller/modeldeployment/observe.h"
#include "json/yaml.h"

namespace penstock::controller::modeldeployment {

inline json::Value yaml_value(const std::string& yaml) {
  return *json::parse_yaml(yaml, "test.yaml").documents.at(0).value;
}

/// A ModelDeployment team/llama with this spec.
inline Input input_of(const std::string& spec) {
  json::Value value = {
      {"apiVersion", "penstock.dev/v1alpha1"},
      {"kind", "ModelDeployment"},
      {"metadata", {{"name", "llama"}, {"namespace", "team"}, {"uid", "u1"}, {"generation", 3}}},
      {"spec", yaml_value(spec)}};
  Input input;
  input.object = crd::parse_model_deployment(value).value();
  input.now = WallTime(std::chrono::seconds(1'700'000'000));
  return input;
}

inline void add_profile(Input& input, const std::string& name, const std::string& spec) {
  json::Value value = {{"apiVersion", "penstock.dev/v1alpha1"},
                       {"kind", "AcceleratorProfile"},
                       {"metadata", {{"name", name}}},
                       {"spec", yaml_value(spec)}};
  input.profiles.push_back(crd::parse_accelerator_profile(value).value());
}

inline constexpr const char* kH100 =
    "{vendor: NVIDIA, resourceName: nvidia.com/gpu, memoryBytes: 85899345920, perNode: 8, "
    "nodeSelector: {gpu: h100}, tolerations: [{key: nvidia.com/gpu, operator: Exists}]}";
inline constexpr const char* kL4 =
    "{vendor: NVIDIA, resourceName: nvidia.com/gpu, memoryBytes: 25769803776, perNode: 1}";

/// The intent of one child; null when there is none.
inline json::Value child_of(const Input& input, std::string_view kind) {
  for (const auto& child : desired(input, decide(input))) {
    if (child.slot.resource.kind == kind) {
      return child.intent.value();
    }
  }
  return {};
}

inline json::Value container_of(const Input& input) {
  const auto deployment = child_of(input, "Deployment");
  return deployment.at("/spec/template/spec/containers/0"_json_pointer);
}

}  // namespace penstock::controller::modeldeployment
