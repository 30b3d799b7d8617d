#include "filled_caches.h"

#include <condition_variable>
#include <mutex>
#include <vector>

#include <nlohmann/json.hpp>

namespace penstock::bench {

std::string name_of(int deployment) {
  return "model-" + std::to_string(deployment);
}
std::string uid_of(int deployment, int pod) {
  return "uid-" + std::to_string(deployment) + "-" + std::to_string(pod);
}

std::string Addresses::of(int pod) const {
  constexpr int kEach = 250;
  return given ? "127.1." + std::to_string(pod / kEach) + "." + std::to_string(1 + pod % kEach)
               : "";
}

namespace {

json::Value deployment(int index, const Addresses& addresses) {
  return {{"apiVersion", "penstock.dev/v1alpha1"},
          {"kind", "ModelDeployment"},
          {"metadata",
           {{"name", name_of(index)},
            {"namespace", "default"},
            {"uid", "md-" + std::to_string(index)},
            {"resourceVersion", std::to_string(1'000 + index)},
            {"generation", 1}}},
          {"spec",
           {{"model", {{"name", name_of(index)}}},
            {"engine",
             {{"type", "VLLM"},
              {"image", "i"},
              {"port", addresses.given ? static_cast<int>(addresses.port) : 8000}}},
            {"scaling", {{"minReplicas", 1}, {"maxReplicas", 8}}}}},
          {"status", {{"desiredReplicas", kPodsEach}}}};
}

json::Value pod(const std::string& name, const std::string& uid, const std::string& label,
                const std::string& value, int version, const std::string& address,
                std::uint16_t admin_port) {
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", name},
            {"namespace", "default"},
            {"uid", uid},
            {"resourceVersion", std::to_string(version)},
            {"creationTimestamp", "2026-01-01T00:00:00Z"},
            {"labels", {{label, value}, {"app.kubernetes.io/managed-by", "penstock"}}}}},
          {"spec",
           {{"containers",
             {{{"name", "c"}, {"ports", {{{"name", "admin"}, {"containerPort", admin_port}}}}}}}}},
          {"status",
           {{"phase", "Running"},
            {"podIP", address},
            {"conditions",
             {{{"type", "PodScheduled"},
               {"status", "True"},
               {"lastTransitionTime", "2026-01-01T00:00:01Z"}},
              {{"type", "Ready"},
               {"status", "True"},
               {"lastTransitionTime", "2026-01-01T00:01:00Z"}}}}}}};
}

json::Value route(int index) {
  return {{"apiVersion", "penstock.dev/v1alpha1"},
          {"kind", "ModelRoute"},
          {"metadata",
           {{"name", name_of(index)},
            {"namespace", "default"},
            {"uid", "mr-" + std::to_string(index)},
            {"resourceVersion", std::to_string(1'000 + index)}}},
          {"spec",
           {{"gatewayRefs", {{{"name", "main"}}}},
            {"tiers", {{{"backends", {{{"deploymentRef", {{"name", name_of(index)}}}}}}}}}}}};
}

std::string list_of(std::vector<json::Value> items) {
  json::Value out = {
      {"apiVersion", "v1"}, {"kind", "List"}, {"metadata", {{"resourceVersion", "9000000"}}}};
  out["items"] = std::move(items);
  return out.dump();
}

/// Lists answer with all there is; watches say nothing until they are stopped.
test::Answer answer(const kube::HttpRequest& request, int deployments, const Addresses& addresses,
                    const std::stop_token& stop) {
  if (request.target.find("watch=") != std::string::npos) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    return std::unexpected(kube::TransportError{kube::TransportFailure::kCancelled, "stopped"});
  }
  std::vector<json::Value> items;
  const auto is = [&](const char* plural) {
    return request.target.find(std::string("/") + plural + "?") != std::string::npos;
  };
  if (is("modeldeployments") || is("modelroutes")) {
    for (int i = 0; i < deployments; ++i) {
      items.push_back(is("modelroutes") ? route(i) : deployment(i, addresses));
    }
  } else if (is("pods")) {
    for (int i = 0; i < deployments * kPodsEach; ++i) {
      items.push_back(pod(name_of(i / kPodsEach) + "-engine-" + std::to_string(i % kPodsEach),
                          uid_of(i / kPodsEach, i % kPodsEach), "penstock.dev/model-deployment",
                          name_of(i / kPodsEach), 10'000 + i, addresses.of(i), addresses.port));
    }
    for (int i = 0; i < kGateways; ++i) {
      items.push_back(pod("gateway-" + std::to_string(i), "gw-" + std::to_string(i),
                          "penstock.dev/inference-gateway", "main", 100 + i,
                          addresses.of(deployments * kPodsEach + i), addresses.port));
    }
  }
  return kube::HttpResponse{200, {}, list_of(std::move(items))};
}

}  // namespace

FilledCaches::FilledCaches(int deployments, Addresses addresses)
    : tokens_(kube::ClusterConfig{}, system_clock()),
      caller_(server_, tokens_, system_waiter(), {}),
      client_(caller_),
      manager_(client_, nullptr, system_waiter(), runtime_metrics_),
      applier_(client_, "bench"),
      events_(client_, system_waiter(), {}),
      publisher_(caches_, client_, applier_, writes_, events_) {
  server_.always([deployments, addresses](const kube::HttpRequest& request, const kube::BodySink&,
                                          std::stop_token stop) {
    return answer(request, deployments, addresses, stop);
  });
  controller::cache::fill(caches_, manager_, {});
  running_ = std::jthread(
      [this](std::stop_token stop) { static_cast<void>(manager_.run(std::move(stop))); });
  while (!manager_.ready()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

FilledCaches::~FilledCaches() {
  running_.request_stop();
  running_.join();
}

}  // namespace penstock::bench
