#include "controller/autoscaler/autoscaler.h"

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/caller.h"
#include "kube/client.h"
#include "runtime/manager.h"
#include "telemetry/exposition.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::controller::autoscaler {
namespace {

using namespace std::chrono_literals;

json::Value object(const char* version, const char* kind, const char* name) {
  return {{"apiVersion", version},
          {"kind", kind},
          {"metadata",
           {{"name", name},
            {"namespace", "team"},
            {"uid", std::string(kind) + name},
            {"resourceVersion", "7"}}}};
}

json::Value model(const char* name, int replicas) {
  auto out = object("penstock.dev/v1alpha1", "ModelDeployment", name);
  out["spec"] = {{"model", {{"name", name}}},
                 {"engine", {{"type", "VLLM"}, {"image", "i"}}},
                 {"scaling",
                  {{"minReplicas", replicas},
                   {"maxReplicas", 9},
                   {"target", {{"tokensPerSecondPerReplica", 10'000}}}}}};
  out["status"] = {{"desiredReplicas", replicas}};
  return out;
}

/// A model that runs one replica, the route to it, the gateway that follows it; and one that
/// sleeps.
std::vector<json::Value> listed(const std::string& target) {
  const auto is = [&](const char* plural) {
    return target.find(std::string("/") + plural + "?") != std::string::npos;
  };
  if (is("modeldeployments")) {
    return {model("llama", 1), model("asleep", 0)};
  }
  if (is("modelroutes")) {
    auto route = object("penstock.dev/v1alpha1", "ModelRoute", "llama");
    route["spec"] = {{"gatewayRefs", {{{"name", "main"}}}},
                     {"tiers", {{{"backends", {{{"deploymentRef", {{"name", "llama"}}}}}}}}}};
    return {route};
  }
  if (is("pods")) {
    auto pod = object("v1", "Pod", "gateway-1");
    pod["metadata"]["labels"] = {{"penstock.dev/inference-gateway", "main"}};
    pod["status"] = {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}};
    return {pod};
  }
  return {};
}

test::Answer answer(const kube::HttpRequest& request, const std::stop_token& stop) {
  if (request.target.find("watch=") != std::string::npos) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    return std::unexpected(kube::TransportError{kube::TransportFailure::kCancelled, "stopped"});
  }
  json::Value list = {{"apiVersion", "v1"},
                      {"kind", "List"},
                      {"metadata", {{"resourceVersion", "9"}}},
                      {"items", listed(request.target)}};
  return kube::HttpResponse{200, {}, list.dump()};
}

template <class Probe>
bool soon(const Probe& probe) {
  const auto deadline = system_waiter().now() + 10s;
  while (!probe()) {
    if (system_waiter().now() > deadline) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

/// An autoscaler that runs, on caches filled from a scripted API server; the test moves its time.
class AutoscalerTest : public ::testing::Test {
 protected:
  AutoscalerTest() {
    server_.always([](const kube::HttpRequest& request, const kube::BodySink&,
                      std::stop_token stop) { return answer(request, stop); });
    cache::fill(caches_, manager_, {});
    managing_ = std::jthread(
        [this](std::stop_token stop) { static_cast<void>(manager_.run(std::move(stop))); });
    EXPECT_TRUE(soon([this] { return manager_.ready(); }));
    running_ = std::jthread([this](const std::stop_token& stop) { autoscaler_.run(stop); });
    waiter_.settle(1);
  }

  /// A quarter of a second passes, in which so many calls come; a tick is waited for.
  void pass(int calls, int waiting = 0) {
    waiter_.advance(250ms);
    age_ += 250ms;
    arrivals_ += calls;
    gateway::demand::DeploymentDemand llama;
    llama.name_space = "team";
    llama.name = "llama";
    llama.arrivals = arrivals_;
    llama.prompt_tokens = arrivals_ * std::int64_t{1'000};
    gateway::demand::DeploymentDemand asleep;
    asleep.name_space = "team";
    asleep.name = "asleep";
    asleep.waiting_for_start = waiting;
    const gateway::demand::Report report{.gateway = "team/main",
                                         .instance = "gateway-1",
                                         .sequence = ++sequence_,
                                         .at = WallTime(1h) + age_,
                                         .window = age_,
                                         .deployments = {asleep, llama}};
    EXPECT_TRUE(autoscaler_.report("team/main", gateway::demand::write_report(report)));
    EXPECT_TRUE(soon([this] { return ticks() == age_ / 1s; }));
  }

  [[nodiscard]] std::int64_t ticks() const {
    const telemetry::Registry* all[] = {&autoscaler_.metrics().counters()};
    const std::string text = telemetry::Exposition::text(all);
    const std::string_view name = "\npenstock_autoscaler_tick_seconds_count ";
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + name.size()));
  }

  std::set<std::string> published() {
    const std::lock_guard lock(mutex_);
    return std::exchange(published_, {});
  }

  std::mutex mutex_;
  std::set<std::string> published_;
  test::FakeWaiter waiter_{test::FakeWaiter::Mode::kByHand};
  test::ScriptedServer server_;
  kube::TokenSource tokens_{kube::ClusterConfig{}, system_clock()};
  kube::Caller caller_{server_, tokens_, system_waiter(), {}};
  kube::Client client_{caller_};
  runtime::Metrics runtime_metrics_;
  runtime::Manager manager_{client_, nullptr, system_waiter(), runtime_metrics_};
  cache::Caches caches_;
  kube::Applier applier_{client_, "test"};
  kube::WriteTracker writes_;
  kube::EventRecorder events_{client_, system_waiter(), {}};
  Publisher publisher_{caches_, client_, applier_, writes_, events_};
  Autoscaler autoscaler_{caches_, publisher_,
                         [this](const kube::ObjectKey& key) {
                           const std::lock_guard lock(mutex_);
                           published_.insert(key.name);
                         },
                         waiter_};
  std::chrono::milliseconds age_{0};
  int arrivals_ = 0;
  std::uint64_t sequence_ = 0;
  std::jthread managing_;
  std::jthread running_;
};

TEST_F(AutoscalerTest, AStepOfLoadIsNotLeftToTheNextTick) {
  for (int quarter = 0; quarter < 4 * 12; ++quarter) {
    pass(1);
  }
  published();
  pass(100);
  EXPECT_TRUE(soon([&] { return published().contains("llama"); })) << "three quarters early";
}

TEST_F(AutoscalerTest, BeforeTheFirstTickNothingIsDecidedForWhatRuns) {
  pass(100, 1);
  std::set<std::string> names;
  EXPECT_TRUE(soon([&] {
    names.merge(published());
    return names.contains("asleep");
  }));
  EXPECT_FALSE(names.contains("llama")) << "its pods and callers are not known yet";
}

}  // namespace
}  // namespace penstock::controller::autoscaler
