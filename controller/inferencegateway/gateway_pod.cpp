#include "controller/inferencegateway/gateway_pod.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/child/pod_security.h"
#include "controller/child/pod_template.h"
#include "controller/inferencegateway/names.h"

namespace penstock::controller::inferencegateway {
namespace {

constexpr std::string_view kSnapshotFolder = "/etc/penstock";
constexpr std::string_view kDataFolder = "/var/lib/penstock";
constexpr std::string_view kIdentityFolder = "/etc/penstock-identity";
constexpr std::uint16_t kFirstUnprivilegedPort = 1024;

/// Streams may last minutes. Before that, those who still send new calls learn that we are going;
/// the grace is both together and a little more.
constexpr int kDrainDelaySeconds = 5;
constexpr int kDrainSeconds = 300;
constexpr int kGraceSeconds = kDrainDelaySeconds + kDrainSeconds + 10;

std::string seconds(int count) {
  return std::to_string(count) + "s";
}

std::string listeners_text(const gateway::snapshot::Document& document) {
  std::string out;
  for (const auto& listener : document.listeners) {
    out += (out.empty() ? "" : ",") + listener.name + ":" + std::to_string(listener.port) +
           (listener.tls ? ":tls" : "");
  }
  return out;
}

json::Value probe(std::string_view path, int period, int failures) {
  return {{"httpGet", {{"path", path}, {"port", kAdminPortName}, {"scheme", "HTTP"}}},
          {"periodSeconds", period},
          {"timeoutSeconds", 3},
          {"failureThreshold", failures},
          {"successThreshold", 1}};
}

json::Value ports(const Plan& plan) {
  json::Value out = json::Value::array();
  for (const auto& listener : plan.document.listeners) {
    // A port's name may have 15 characters, a listener's 63: only the admin port needs one.
    out.push_back({{"containerPort", listener.port}, {"protocol", "TCP"}});
  }
  out.push_back(
      {{"name", kAdminPortName}, {"containerPort", plan.admin_port}, {"protocol", "TCP"}});
  return out;
}

json::Value args_of(const crd::ObjectMeta& metadata, const Plan& plan, const Image& image) {
  json::Value out = json::Value::array(
      {"gateway", "--snapshot=" + std::string(kSnapshotFolder) + "/" + std::string(kSnapshotKey),
       "--snapshot-secret=" + metadata.namespace_ + "/" + snapshot_name(metadata.name),
       "--data-dir=" + std::string(kDataFolder),
       "--admin=0.0.0.0:" + std::to_string(plan.admin_port),
       "--drain-delay=" + seconds(kDrainDelaySeconds),
       "--drain-timeout=" + seconds(kDrainSeconds)});
  if (!image.controller_url.empty()) {
    out.push_back("--controller=" + image.controller_url);
    out.push_back("--identity=" + std::string(kIdentityFolder));
  }
  return out;
}

json::Value mounts_of(const Image& image) {
  json::Value out = json::Value::array(
      {{{"name", "snapshot"}, {"mountPath", kSnapshotFolder}, {"readOnly", true}},
       {{"name", "data"}, {"mountPath", kDataFolder}}});
  if (!image.controller_url.empty()) {
    out.push_back({{"name", "identity"}, {"mountPath", kIdentityFolder}, {"readOnly", true}});
  }
  return out;
}

json::Value volumes_of(const std::string& name, const Image& image) {
  json::Value out =
      json::Value::array({{{"name", "snapshot"}, {"secret", {{"secretName", snapshot_name(name)}}}},
                          {{"name", "data"}, {"emptyDir", json::Value::object()}}});
  if (!image.controller_url.empty()) {
    // Optional: a pod starts, and follows its Secret, also where nobody could sign yet.
    out.push_back({{"name", "identity"},
                   {"secret", {{"secretName", identity_name(name)}, {"optional", true}}}});
  }
  return out;
}

json::Value container_of(const crd::InferenceGateway& object, const Plan& plan,
                         const Image& image) {
  return {{"name", kContainerName},
          {"image", image.name},
          {"imagePullPolicy", image.pull_policy},
          {"args", args_of(object.metadata, plan, image)},
          {"ports", ports(plan)},
          {"resources", {{"requests", {{"cpu", "100m"}, {"memory", "64Mi"}}}}},
          {"startupProbe", probe("/livez", 1, 60)},
          {"livenessProbe", probe("/livez", 10, 6)},
          {"readinessProbe", probe("/readyz", 2, 2)},
          {"volumeMounts", mounts_of(image)},
          {"securityContext", child::container_security(true)}};
}

json::Value security(const Plan& plan) {
  json::Value out = child::pod_security();
  const bool low = std::ranges::any_of(plan.document.listeners, [](const auto& listener) {
    return listener.port < kFirstUnprivilegedPort;
  });
  if (low) {
    // One of the sysctls that the restricted level allows; it is the pod's own.
    out["sysctls"] =
        json::Value::array({{{"name", "net.ipv4.ip_unprivileged_port_start"}, {"value", "0"}}});
  }
  return out;
}

}  // namespace

json::Value gateway_pod(const crd::InferenceGateway& object, const Plan& plan, const Image& image) {
  const auto& name = object.metadata.name;
  json::Value pod = {
      {"serviceAccountName", gateway_name(name)},
      {"automountServiceAccountToken", true},  // to follow its Secret
      {"enableServiceLinks", false},
      {"shareProcessNamespace", true},  // SIGTERM counts from the first moment
      {"terminationGracePeriodSeconds", kGraceSeconds},
      {"securityContext", security(plan)},
      {"topologySpreadConstraints",
       json::Value::array({{{"topologyKey", "kubernetes.io/hostname"},
                            {"maxSkew", 1},
                            {"whenUnsatisfiable", "ScheduleAnyway"},
                            {"labelSelector", {{"matchLabels", selector_labels(object)}}}}})},
      {"volumes", volumes_of(name, image)},
      {"containers", json::Value::array({container_of(object, plan, image)})}};
  json::Value out = {{"metadata",
                      {{"labels", child_labels(object)},
                       {"annotations",
                        {{"kubectl.kubernetes.io/default-container", kContainerName},
                         {std::string(kListenersAnnotation), listeners_text(plan.document)}}}}},
                     {"spec", std::move(pod)}};
  if (object.spec.pod_template.has_value()) {
    child::merge_pod_template(out, object.spec.pod_template.value());
  }
  return out;
}

}  // namespace penstock::controller::inferencegateway
