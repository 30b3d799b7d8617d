// What a second of autoscaling costs: DEPLOYMENTS ModelDeployments with two engine pods each, four
// gateway replicas, caches filled through the real informers from a scripted API server, signals
// put in where the fetchers would. Counts the CPU time of the tick's thread; sockets are not in it.
//
//   bench_scaling_shell [DEPLOYMENTS [TICKS]]     exit status 1 when a tick costs more than a tenth
//   of a core

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "controller/autoscaler/autoscaler.h"
#include "kube/caller.h"
#include "kube/client.h"
#include "runtime/manager.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock {
namespace {

using controller::autoscaler::Autoscaler;
using controller::autoscaler::Publisher;

constexpr int kPodsEach = 2;
constexpr int kGateways = 4;
constexpr double kMostShare = 0.1;

std::string name_of(int deployment) {
  return "model-" + std::to_string(deployment);
}
std::string uid_of(int deployment, int pod) {
  return "uid-" + std::to_string(deployment) + "-" + std::to_string(pod);
}

json::Value deployment(int index) {
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
            {"engine", {{"type", "VLLM"}, {"image", "i"}}},
            {"scaling", {{"minReplicas", 1}, {"maxReplicas", 8}}}}},
          {"status", {{"desiredReplicas", kPodsEach}}}};
}

json::Value pod(const std::string& name, const std::string& uid, const std::string& label,
                const std::string& value, int version) {
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
             {{{"name", "c"}, {"ports", {{{"name", "admin"}, {"containerPort", 9090}}}}}}}}},
          {"status",
           {{"phase", "Running"},
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
test::Answer answer(const kube::HttpRequest& request, int deployments,
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
      items.push_back(is("modelroutes") ? route(i) : deployment(i));
    }
  } else if (is("pods")) {
    for (int i = 0; i < deployments * kPodsEach; ++i) {
      items.push_back(pod(name_of(i / kPodsEach) + "-engine-" + std::to_string(i % kPodsEach),
                          uid_of(i / kPodsEach, i % kPodsEach), "penstock.dev/model-deployment",
                          name_of(i / kPodsEach), 10'000 + i));
    }
    for (int i = 0; i < kGateways; ++i) {
      items.push_back(pod("gateway-" + std::to_string(i), "gw-" + std::to_string(i),
                          "penstock.dev/inference-gateway", "main", 100 + i));
    }
  }
  return kube::HttpResponse{200, {}, list_of(std::move(items))};
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// One second of signals: a few calls for every deployment at every gateway, a scrape of every pod.
void put_signals(Autoscaler& autoscaler, int deployments, int second) {
  const SteadyTime now = system_waiter().now();
  for (int g = 0; g < kGateways; ++g) {
    gateway::demand::Report report;
    report.gateway = "default/main";
    report.instance = "gateway-" + std::to_string(g);
    report.sequence = static_cast<std::uint64_t>(second) + 1;
    report.window = std::chrono::seconds(second + 1);
    for (int i = 0; i < deployments; ++i) {
      gateway::demand::DeploymentDemand demand;
      demand.name_space = "default";
      demand.name = name_of(i);
      demand.arrivals = second;
      demand.prompt_tokens = second * 500;
      report.deployments.push_back(std::move(demand));
    }
    autoscaler.demand().take("default/gateway-" + std::to_string(g), report, now);
  }
  const std::string text =
      "vllm:num_requests_running 2\nvllm:num_requests_waiting 0\nvllm:kv_cache_usage_perc "
      "0.1\nvllm:prompt_tokens_total " +
      std::to_string(second * 500) + "\nvllm:generation_tokens_total " +
      std::to_string(second * 100) + "\n";
  for (int i = 0; i < deployments; ++i) {
    for (int p = 0; p < kPodsEach; ++p) {
      autoscaler.engines().take(uid_of(i, p), {now, now, std::string_view(text)});
    }
  }
}

int run(int deployments, int ticks) {
  auto server = std::make_unique<test::ScriptedServer>();
  server->always(
      [deployments](const kube::HttpRequest& request, const kube::BodySink&, std::stop_token stop) {
        return answer(request, deployments, stop);
      });
  kube::TokenSource tokens(kube::ClusterConfig{}, system_clock());
  kube::Caller caller(*server, tokens, system_waiter(), {});
  kube::Client client(caller);
  runtime::Metrics runtime_metrics;
  runtime::Manager manager(client, nullptr, system_waiter(), runtime_metrics);
  controller::cache::Caches caches;
  controller::cache::fill(caches, manager, {});
  const std::jthread running(
      [&](std::stop_token stop) { static_cast<void>(manager.run(std::move(stop))); });
  while (!manager.ready()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  kube::Applier applier(client, "bench");
  kube::WriteTracker writes;
  kube::EventRecorder events(client, system_waiter(), {});
  Publisher publisher(caches, client, applier, writes, events);
  Autoscaler autoscaler(caches, publisher, [](const kube::ObjectKey&) {}, system_waiter());
  autoscaler.tick();  // reads every object for the first time
  std::vector<double> costs;
  for (int second = 0; second < ticks; ++second) {
    put_signals(autoscaler, deployments, second);
    const double begin = cpu_seconds();
    autoscaler.tick();
    costs.push_back(cpu_seconds() - begin);
  }
  std::ranges::sort(costs);
  const double median = costs[costs.size() / 2];
  std::printf(
      "%d deployments, %d engine pods, %d gateway replicas: a tick costs %.1f ms of CPU (median of "
      "%d; most %.1f ms), %.1f %% of a core at one a second\n",
      deployments, deployments * kPodsEach, kGateways, median * 1e3, ticks, costs.back() * 1e3,
      median * 100);
  return median > kMostShare ? 1 : 0;
}

}  // namespace
}  // namespace penstock

int main(int argc, char** argv) {
  const int deployments = argc > 1 ? std::atoi(argv[1]) : 2'000;
  const int ticks = argc > 2 ? std::atoi(argv[2]) : 30;
  return penstock::run(deployments, ticks);
}
