#include "controller/modeldeployment/engine_pod.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/child/names.h"
#include "controller/child/pod_security.h"
#include "controller/child/pod_template.h"
#include "controller/modeldeployment/desired.h"
#include "controller/modeldeployment/volumes.h"
#include "crd/writer.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;

json::Value secret_value(const crd::SecretKeyRef& ref) {
  return {{"secretKeyRef", {{"name", ref.name}, {"key", ref.key}}}};
}

/// Ours first, the user's after and in the place of ours where the names are the same.
class Environment {
 public:
  void value(const std::string& name, const std::string& text) {
    put({{"name", name}, {"value", text}});
  }
  void secret(const std::string& name, const crd::SecretKeyRef& ref) {
    put({{"name", name}, {"valueFrom", secret_value(ref)}});
  }
  json::Value take() && { return std::move(list_); }

 private:
  void put(json::Value item) {
    for (auto& known : list_) {
      if (known["name"] == item["name"]) {
        known = std::move(item);
        return;
      }
    }
    list_.push_back(std::move(item));
  }
  json::Value list_ = json::Value::array();
};

json::Value environment(const md::Engine& engine) {
  Environment env;
  env.value("PORT", std::to_string(engine.port));
  if (needs_home(engine)) {
    env.value("HOME", std::string(kCacheFolder));
    env.value("HF_HOME", std::string(kCacheFolder) + "/huggingface");
  }
  if (engine.source && engine.source->hugging_face &&
      engine.source->hugging_face->token_secret_ref) {
    env.secret("HF_TOKEN", *engine.source->hugging_face->token_secret_ref);
  }
  if (engine.source && engine.source->s3) {
    const auto& s3 = *engine.source->s3;
    if (s3.endpoint) {
      env.value("AWS_ENDPOINT_URL", *s3.endpoint);
    }
    if (s3.region) {
      env.value("AWS_REGION", *s3.region);
    }
    if (s3.credentials_secret_ref) {
      for (const char* key : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) {
        crd::SecretKeyRef ref;
        ref.name = s3.credentials_secret_ref->name;
        ref.key = key;
        env.secret(key, ref);
      }
    }
  }
  for (const auto& variable : engine.env) {
    if (variable.secret_key_ref) {
      env.secret(variable.name, *variable.secret_key_ref);
    } else {
      env.value(variable.name, variable.value.value_or(""));
    }
  }
  return std::move(env).take();
}

json::Value quantities(const std::map<std::string, crd::Quantity>& amounts) {
  json::Value out = json::Value::object();
  for (const auto& [name, amount] : amounts) {
    out[name] = amount.text();
  }
  return out;
}

json::Value resources(const md::Engine& engine, const Fit& fit) {
  json::Value out = json::Value::object();
  if (engine.resources && !engine.resources->requests.empty()) {
    out["requests"] = quantities(engine.resources->requests);
  }
  if (engine.resources && !engine.resources->limits.empty()) {
    out["limits"] = quantities(engine.resources->limits);
  }
  if (!fit.resource_name.empty()) {
    const std::string count = std::to_string(fit.accelerators);
    out["requests"][fit.resource_name] = count;
    out["limits"][fit.resource_name] = count;
  }
  return out;
}

json::Value probe(const md::Engine& engine, std::int64_t period, int timeout,
                  std::int64_t failures) {
  return {{"httpGet", {{"path", engine.health_path}, {"port", kPortName}, {"scheme", "HTTP"}}},
          {"periodSeconds", period},
          {"timeoutSeconds", timeout},
          {"failureThreshold", failures},
          {"successThreshold", 1}};
}

/// Startup gives the model time to load; after that an engine that is only busy must not be killed.
void add_probes(const md::Engine& engine, json::Value& container) {
  const auto time = std::chrono::ceil<std::chrono::seconds>(engine.startup_timeout);
  const std::int64_t tries =
      std::max<std::int64_t>((time + kStartupPeriod - std::chrono::seconds(1)) / kStartupPeriod, 1);
  container["startupProbe"] = probe(engine, kStartupPeriod.count(), 2, tries);
  container["readinessProbe"] = probe(engine, 5, 5, 3);
  container["livenessProbe"] = probe(engine, 10, 10, 6);
}

json::Value container_of(const md::Engine& engine, const Plan& plan) {
  json::Value out = {
      {"name", kContainerName},
      {"image", plan.launch.image},
      {"imagePullPolicy", engine.image_pull_policy.name()},
      {"env", environment(engine)},
      {"ports", json::Value::array(
                    {{{"name", kPortName}, {"containerPort", engine.port}, {"protocol", "TCP"}}})},
      // Gateways hear that a pod leaves a moment after the kubelet does. Until then calls still go
      // to it, and it may be the only one.
      {"lifecycle", {{"preStop", {{"sleep", {{"seconds", kBeforeStop.count()}}}}}}},
      // The end of its log is kept when it fails: it says why (last_words.h).
      {"terminationMessagePolicy", "FallbackToLogsOnError"},
      {"securityContext", child::container_security(is_simulator(engine))}};
  if (!plan.launch.command.empty()) {
    out["command"] = plan.launch.command;
  }
  if (!plan.launch.args.empty()) {
    out["args"] = plan.launch.args;
  }
  if (auto amounts = resources(engine, plan.fit); !amounts.empty()) {
    out["resources"] = std::move(amounts);
  }
  add_probes(engine, out);
  return out;
}

void add_placement(const crd::ModelDeployment& object, const Plan& plan, json::Value& pod) {
  const auto& engine = *object.spec.engine;
  auto selector = plan.fit.node_selector;
  for (const auto& [key, value] : engine.node_selector) {
    selector.insert_or_assign(key, value);
  }
  if (!selector.empty()) {
    pod["nodeSelector"] = selector;
  }
  auto tolerations = plan.fit.tolerations;
  tolerations.insert(tolerations.end(), engine.tolerations.begin(), engine.tolerations.end());
  if (!tolerations.empty()) {
    crd::write_value(pod["tolerations"], tolerations);
  }
  if (engine.topology_spread != md::EngineTopologySpread::kNone) {
    const bool node = engine.topology_spread == md::EngineTopologySpread::kNode;
    pod["topologySpreadConstraints"] = json::Value::array(
        {{{"topologyKey", node ? "kubernetes.io/hostname" : "topology.kubernetes.io/zone"},
          {"maxSkew", 1},
          {"whenUnsatisfiable", "ScheduleAnyway"},
          {"labelSelector", {{"matchLabels", selector_labels(object)}}}}});
  }
  if (engine.priority_class_name) {
    pod["priorityClassName"] = *engine.priority_class_name;
  }
}

}  // namespace

json::Value engine_pod(const crd::ModelDeployment& object, const Plan& plan) {
  const auto& engine = *object.spec.engine;
  json::Value container = container_of(engine, plan);
  json::Value pod = {{"serviceAccountName", engine.service_account_name.value_or(
                                                child::engine_name(object.metadata.name))},
                     {"automountServiceAccountToken", false},
                     {"enableServiceLinks", false},
                     // As first process of its container an engine that still loads would not even
                     // notice SIGTERM, and keep its accelerators for the whole grace period.
                     {"shareProcessNamespace", true},
                     {"terminationGracePeriodSeconds", kGrace.count()},
                     {"securityContext", child::pod_security()}};
  for (const auto& secret : engine.image_pull_secrets) {
    pod["imagePullSecrets"].push_back({{"name", secret.name}});
  }
  add_placement(object, plan, pod);
  add_volumes(object, plan.fit, pod, container);
  pod["containers"] = json::Value::array({std::move(container)});
  json::Value out = {
      {"metadata",
       {{"labels", child_labels(object)},
        {"annotations", {{"kubectl.kubernetes.io/default-container", kContainerName}}}}},
      {"spec", std::move(pod)}};
  if (engine.pod_template.has_value()) {
    child::merge_pod_template(out, engine.pod_template.value());
  }
  return out;
}

}  // namespace penstock::controller::modeldeployment
