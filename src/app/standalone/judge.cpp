#include "app/standalone/judge.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "crd/validate.h"

namespace penstock::app::standalone {
namespace {

namespace snapshot = controller::snapshot;

std::string text_at(const json::Value& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Parses by kind and hands the object to `take`, with the namespace that kubectl would fill in.
template <class Take>
Result<> with_object(const config::ObjectKey& key, const json::Value& value, Take take) {
  const auto visit = [&](auto parsed) -> Result<> {
    PENSTOCK_TRY(object, std::move(parsed));
    if (object.metadata.namespace_.empty()) {
      object.metadata.namespace_ = key.name_space;
    }
    take(std::move(object));
    return {};
  };
  if (key.kind == crd::InferenceGateway::kKind) {
    return visit(crd::parse_inference_gateway(value));
  }
  if (key.kind == crd::ModelDeployment::kKind) {
    return visit(crd::parse_model_deployment(value));
  }
  if (key.kind == crd::ModelRoute::kKind) {
    return visit(crd::parse_model_route(value));
  }
  if (key.kind == crd::Consumer::kKind) {
    return visit(crd::parse_consumer(value));
  }
  return {};
}

struct Collect {
  snapshot::Resources& out;
  void operator()(crd::InferenceGateway object) const { out.gateways.push_back(std::move(object)); }
  void operator()(crd::ModelDeployment object) const {
    out.deployments.push_back(std::move(object));
  }
  void operator()(crd::ModelRoute object) const { out.routes.push_back(std::move(object)); }
  void operator()(crd::Consumer object) const { out.consumers.push_back(std::move(object)); }
};

void collect_labels(const config::ObjectKey& key, const json::Value& value,
                    snapshot::Resources& out) {
  snapshot::Labels& labels = out.namespaces[key.name];
  const auto metadata = value.find("metadata");
  const auto found = metadata->find("labels");
  if (found != metadata->end() && found->is_object()) {
    for (const auto& [name, label] : found->items()) {
      labels[name] = label.is_string() ? label.template get<std::string>() : "";
    }
  }
}

/// What was judged good and cannot be read is a fault of ours, not of the manifest.
void tell_if_bad(const config::ObjectKey& key, const Result<>& result) {
  if (!result) {
    log::error("a judged object could not be read",
               {{"object", to_string(key)}, {"error", result.error().message()}});
  }
}

}  // namespace

std::vector<config::Finding> judge(const config::ObjectKey& key, const json::Value& value) {
  const std::string version = text_at(value, "apiVersion");
  if (version == "v1" && key.kind == "Secret") {
    snapshot::SecretStore scratch;
    const auto added = scratch.add(value);
    return added ? std::vector<config::Finding>()
                 : std::vector<config::Finding>{{"", added.error().to_string()}};
  }
  std::vector<config::Finding> findings;
  if (!version.starts_with("penstock.dev/")) {
    return findings;
  }
  for (const auto& violation : crd::validate(value)) {
    std::string message =
        violation.path.empty() ? violation.message : violation.path + ": " + violation.message;
    if (!violation.remedy.empty()) {
      message += "; " + violation.remedy;
    }
    findings.push_back({violation.pointer, std::move(message)});
  }
  return findings;
}

snapshot::Resources resources_of(const config::Manifests& manifests) {
  snapshot::Resources out;
  for (const auto& [key, manifest] : manifests.objects) {
    const json::Value& value = *manifest.document->value;
    const std::string version = text_at(value, "apiVersion");
    if (version == "v1" && key.kind == "Secret") {
      json::Value named = value;
      named["metadata"]["namespace"] = key.name_space;
      tell_if_bad(key, out.secrets.add(named));
    } else if (version == "v1" && key.kind == "Namespace") {
      collect_labels(key, value, out);
    } else if (version.starts_with("penstock.dev/")) {
      tell_if_bad(key, with_object(key, value, Collect{out}));
    }
  }
  return out;
}

bool is_ignored(const config::ObjectKey& key) {
  static constexpr std::array<std::string_view, 6> kUsed{
      "InferenceGateway", "ModelDeployment", "ModelRoute", "Consumer", "Secret", "Namespace"};
  return std::ranges::find(kUsed, key.kind) == kUsed.end();
}

}  // namespace penstock::app::standalone
