// All that autoscaling costs the leader: the autoscaler as the controller runs it (ticks, fetchers,
// parsing), against DEPLOYMENTS ModelDeployments with two engine pods each and four gateway
// replicas that answer from another process over loopback, at the product's own cadence. Counts
// this process's CPU time.
//
//   bench_scaling_whole [DEPLOYMENTS [SECONDS]]

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <pthread.h>
#include <sstream>
#include <sys/resource.h>
#include <thread>

#include "engine_page.h"
#include "scaling/engine_metrics.h"
#include "signal_server.h"
#include "telemetry/exposition.h"

namespace penstock {
namespace {

using controller::autoscaler::Autoscaler;

constexpr int kSettleSeconds = 8;  ///< connections are made, every engine was read once

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double process_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double thread_cpu(pthread_t thread) {
  clockid_t clock{};
  timespec time{};
  ::pthread_getcpuclockid(thread, &clock);
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Of reading one page.
double parse_cost(std::size_t& bytes) {
  bench::PageEditor page(bench::engine_page());
  constexpr int kTimes = 2'000;
  const double begin = process_cpu();
  for (int i = 0; i < kTimes; ++i) {
    const auto& text = page.with({8, 1'000 + i, i});
    bytes = text.size();
    if (scaling::read_engine_metrics(text, {}).fault != scaling::Fault::kNone) {
      std::fprintf(stderr, "the page cannot be read\n");
      std::exit(2);
    }
  }
  return (process_cpu() - begin) / kTimes;
}

/// Sum of a counter's series of which the labels hold `part`.
double counted(const Autoscaler& autoscaler, std::string_view family, std::string_view part) {
  const telemetry::Registry* const registries[] = {&autoscaler.metrics().counters()};
  std::istringstream text(telemetry::Exposition::text(registries));
  double sum = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(family) && line.find(part) != std::string::npos) {
      sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    }
  }
  return sum;
}

void measure(int deployments, int seconds, int busy_percent, double parse) {
  const bench::SignalServer signals({deployments, busy_percent});
  bench::FilledCaches filled(deployments, signals.addresses());
  Autoscaler autoscaler(
      filled.caches(), filled.publisher(), [](const kube::ObjectKey&) {}, system_waiter());
  std::jthread ticks([&](const std::stop_token& stop) { autoscaler.run(stop); });
  std::this_thread::sleep_for(std::chrono::seconds(kSettleSeconds));
  const auto read = [&](std::string_view from, std::string_view fault) {
    return counted(autoscaler, "penstock_autoscaler_fetches_total",
                   "from=\"" + std::string(from) + "\",fault=\"" + std::string(fault) + "\"");
  };
  const auto begin = std::chrono::steady_clock::now();
  const double whole_before = process_cpu();
  const double tick_before = thread_cpu(ticks.native_handle());
  const double pages_before = read("engine", "none");
  const double reports_before = read("gateway", "none");
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double whole = (process_cpu() - whole_before) / took;
  const double tick = (thread_cpu(ticks.native_handle()) - tick_before) / took;
  const double pages = (read("engine", "none") - pages_before) / took;
  const double reports = (read("gateway", "none") - reports_before) / took;
  const double failed = counted(autoscaler, "penstock_autoscaler_fetches_total", "") -
                        read("engine", "none") - read("gateway", "none");
  std::printf(
      "%3d %% busy: tick %.1f %% of a core, fetching and reading %.1f %% (%.0f pages/s, of them "
      "parsing %.1f %%; %.1f gateway reports/s), whole %.1f %%; %.0f fetches failed\n",
      busy_percent, tick * 100, (whole - tick) * 100, pages, pages * parse * 100, reports,
      whole * 100, failed);
}

}  // namespace
}  // namespace penstock

int main(int argc, char** argv) {
  const int deployments = argc > 1 ? std::atoi(argv[1]) : 2'000;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 20;
  std::size_t bytes = 0;
  const double parse = penstock::parse_cost(bytes);
  std::printf(
      "%d deployments, %d engine pods, %d gateway replicas; a page of %.1f KB is parsed in %.0f "
      "us\n",
      deployments, deployments * penstock::bench::kPodsEach, penstock::bench::kGateways,
      static_cast<double>(bytes) / 1e3, parse * 1e6);
  for (const int busy : {100, 10, 0}) {
    std::fflush(stdout);  // before the fork
    penstock::measure(deployments, seconds, busy, parse);
  }
}
