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
#include <vector>

#include "filled_caches.h"

namespace penstock {
namespace {

using bench::kGateways;
using bench::kPodsEach;
using bench::name_of;
using bench::uid_of;
using controller::autoscaler::Autoscaler;

constexpr double kMostShare = 0.1;

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
  bench::FilledCaches filled(deployments, {});
  Autoscaler autoscaler(
      filled.caches(), filled.publisher(), [](const kube::ObjectKey&) {}, system_waiter());
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
