#pragma once
// An InferenceGateway and what is around it, from YAML that reads like what a user writes.

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/inferencegateway/desired.h"
#include "controller/inferencegateway/observe.h"
#include "json/yaml.h"

namespace penstock::controller::inferencegateway {

inline json::Value yaml(const std::string& text) {
  const auto stream = json::parse_yaml(text, "test.yaml");
  return *stream.documents.front().value;
}

inline const char* const kGateway = R"(
apiVersion: penstock.dev/v1alpha1
kind: InferenceGateway
metadata: {name: main, namespace: team-a, uid: u-1, generation: 3}
spec:
  listeners: [{name: http, port: 8080}]
)";

inline Input given(const std::string& gateway) {
  Input input;
  input.object = crd::parse_inference_gateway(yaml(gateway)).value();
  input.resources.gateways.push_back(input.object);
  return input;
}

inline const Image& image() {
  static const Image kImage{"penstock.local/penstock:dev", "IfNotPresent"};
  return kImage;
}

/// The one child of that kind; null when there is none.
inline json::Value child_of(const Input& input, std::string_view kind) {
  for (const auto& child : desired(input, decide(input), image())) {
    if (child.slot.resource.kind == kind) {
      return child.intent.value();
    }
  }
  return nullptr;
}

}  // namespace penstock::controller::inferencegateway
