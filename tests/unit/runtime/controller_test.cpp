// Passes and their ends (client rules 21, 26-28; field fault T25), and a manager's order of things.
#include "runtime/controller.h"

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/manager.h"
#include "telemetry/exposition.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/lease_server.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::runtime {
namespace {

using kube::Object;
using kube::ObjectKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeWaiter;

void until(const std::function<bool()>& done) {
  while (!done()) {
    std::this_thread::yield();
  }
}

class ControllerTest : public testing::Test {
 protected:
  Controller& start(Reconcile reconcile, int workers = 2) {
    controller_.emplace(ControllerOptions{.name = "test", .workers = workers}, std::move(reconcile),
                        waiter_, metrics_);
    thread_ = std::jthread([this](const std::stop_token& stop) { controller_->run(stop); });
    return *controller_;
  }
  void TearDown() override {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }
  std::string metrics() {
    const telemetry::Registry* all[] = {&metrics_.registry()};
    return telemetry::Exposition::text(all);
  }

  FakeWaiter waiter_{FakeWaiter::Mode::kByHand};
  Metrics metrics_;
  std::optional<Controller> controller_;
  std::jthread thread_;
};

TEST_F(ControllerTest, OneKeyIsNeverInTwoWorkers) {
  std::mutex mutex;
  std::map<std::string, int> inside;
  std::atomic<int> passes{0};
  std::atomic<bool> twice{false};
  Controller& controller = start(
      [&](const Pass& pass) -> Result<Next> {
        {
          const std::lock_guard lock(mutex);
          twice = twice || ++inside[pass.key.name] > 1;
        }
        std::this_thread::yield();
        ++passes;
        const std::lock_guard lock(mutex);
        --inside[pass.key.name];
        return Next::done();
      },
      4);
  for (int i = 0; i < 2'000; ++i) {
    controller.enqueue({"ns", std::to_string(i % 3)});
  }
  until([&] {
    const QueueNumbers numbers = controller.numbers();
    return numbers.depth == 0 && numbers.processing == 0;
  });
  EXPECT_FALSE(twice.load());
  EXPECT_GE(passes.load(), 3);
}

TEST_F(ControllerTest, APoisonedKeyBacksOffAndHarmsNobody) {
  std::atomic<int> poisoned{0};
  std::atomic<int> good{0};
  Controller& controller = start([&](const Pass& pass) -> Result<Next> {
    if (pass.key.name == "poison") {
      EXPECT_EQ(pass.failures, poisoned.load());
      ++poisoned;
      if (poisoned % 2 == 1) {
        throw std::runtime_error("cannot be");
      }
      return fail(Code::kUnavailable, "no");
    }
    ++good;
    return Next::done();
  });
  controller.enqueue({"ns", "poison"});
  for (int i = 0; i < 100; ++i) {
    controller.enqueue({"ns", std::to_string(i)});
  }
  until([&] { return good == 100 && poisoned == 1 && controller.numbers().delayed == 1; });
  int rounds = 0;
  while (poisoned < 5) {
    const int before = poisoned;
    waiter_.advance(milliseconds(1) * (8 << before));  // the doubled wait and its jitter
    until([&] { return poisoned > before && controller.numbers().delayed == 1; });
    ++rounds;
  }
  EXPECT_EQ(rounds, 4);
  EXPECT_EQ(controller.numbers().retries, 5U);
  TearDown();
  EXPECT_NE(metrics().find(R"(penstock_reconcile_total{controller="test",outcome="failed"} 5)"),
            std::string::npos)
      << metrics();
}

TEST_F(ControllerTest, ComesAgainWhenAskedAndNotBeforeTheServersTime) {
  std::atomic<int> passes{0};
  Controller& controller = start([&](const Pass&) -> Result<Next> {
    if (++passes == 1) {
      return fail(Error(Code::kTooManyRequests, "later").with_retry_after(seconds(32)));
    }
    return Next::again_after(seconds(100));
  });
  controller.enqueue({"ns", "a"});
  until([&] { return controller.numbers().delayed == 1; });
  waiter_.advance(seconds(31));
  waiter_.settle(2);
  EXPECT_EQ(passes.load(), 1);
  waiter_.advance(seconds(1));
  until([&] { return passes == 2 && controller.numbers().delayed == 1; });
  waiter_.advance(seconds(100));
  until([&] { return passes == 3; });
}

TEST_F(ControllerTest, AKeyWaitsForTheCacheToShowItsOwnWrites) {
  test::ScriptedServer server;
  FakeWaiter by_itself;
  kube::TokenSource tokens{kube::ClusterConfig{}, by_itself};
  kube::Caller caller{server, tokens, by_itself, {}};
  kube::Client client{caller};
  kube::Informer informer(client, by_itself, kube::resources::kConfigMaps);
  std::promise<void> catch_up;
  std::promise<void> caught_up;
  server.then_answer(200, test::list_of("10", {}));
  server.then([&](const kube::HttpRequest&, const kube::BodySink& sink,
                  const std::stop_token&) -> test::Answer {
    catch_up.get_future().wait();
    sink(test::bookmark("11") + "\n");
    caught_up.set_value();
    return std::unexpected(kube::TransportError{kube::TransportFailure::kCancelled, ""});
  });
  std::jthread watching([&](const std::stop_token& stop) { informer.run(stop); });
  std::atomic<int> passes{0};
  Controller& controller = start([&](const Pass& pass) -> Result<Next> {
    if (++passes == 1) {
      controller_->writes().wrote(pass.key, informer,
                                  Object(json::Value::parse(test::config_map("child", "11"))));
    }
    return Next::done();
  });
  controller.enqueue({"ns", "a"});
  until([&] { return passes == 1 && controller.numbers().processing == 0; });
  controller.enqueue({"ns", "a"});
  for (int i = 0; i < 50; ++i) {
    waiter_.advance(milliseconds(20));
    std::this_thread::yield();
  }
  until([&] { return controller.numbers().delayed == 1; });
  EXPECT_EQ(passes.load(), 1) << "the cache does not show the write yet";
  catch_up.set_value();
  caught_up.get_future().wait();
  until([&] {
    waiter_.advance(milliseconds(20));
    return passes == 2;
  });
}

TEST_F(ControllerTest, HandlersWakeTheRightKeys) {
  std::mutex mutex;
  std::set<std::string> seen;
  Controller& controller = start([&](const Pass& pass) -> Result<Next> {
    const std::lock_guard lock(mutex);
    seen.insert(pass.key.full_name());
    return Next::done();
  });
  const auto child = [](const char* owner, const char* version) {
    return Object(json::Value{{"metadata",
                               {{"name", "c"},
                                {"namespace", "ns"},
                                {"resourceVersion", version},
                                {"ownerReferences",
                                 {{{"kind", "ModelDeployment"},
                                   {"name", owner},
                                   {"uid", "u"},
                                   {"controller", true}}}}}}});
  };
  const auto wake = controller.wake_owner("ModelDeployment");
  wake(kube::Updated{child("lost-it", "1"), child("has-it", "2")});
  controller.wake_owner("Other")(kube::Added{child("foreign", "1"), false});
  controller.wake_self()(kube::Deleted{child("x", "3"), false});
  until([&] {
    const std::lock_guard lock(mutex);
    return seen.size() == 3;
  });
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen, (std::set<std::string>{"ns/lost-it", "ns/has-it", "ns/c"}));
}

TEST(NewSpec, IsWhatComesGoesOrHasANewGeneration) {
  const auto object = [](int generation, const char* version, bool deleting) {
    json::Value metadata = {
        {"name", "a"}, {"generation", generation}, {"resourceVersion", version}};
    if (deleting) {
      metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    }
    return Object(json::Value{{"metadata", std::move(metadata)}});
  };
  int told = 0;
  const auto handler = on_new_spec([&](const kube::Change&) { ++told; });
  handler(kube::Added{object(1, "1", false), false});
  EXPECT_EQ(told, 1);
  handler(kube::Updated{object(1, "1", false), object(1, "2", false)});
  EXPECT_EQ(told, 1) << "only a status or labels";
  handler(kube::Updated{object(1, "2", false), object(2, "3", false)});
  EXPECT_EQ(told, 2);
  handler(kube::Updated{object(2, "3", false), object(2, "4", true)});
  EXPECT_EQ(told, 3);
  handler(kube::Deleted{object(2, "5", true)});
  EXPECT_EQ(told, 4);
}

/// Serves one empty resource and one lease, each on a client of its own.
class ManagerTest : public testing::Test {
 protected:
  ManagerTest() {
    server_.always([this](const kube::HttpRequest& request, const kube::BodySink&,
                          std::stop_token stop) -> test::Answer {
      if (!open_.load()) {
        return std::unexpected(kube::TransportError{kube::TransportFailure::kNotSent, "closed"});
      }
      if (test::query_of(request, "watch").empty()) {
        return kube::HttpResponse{200, {}, test::list_of("10", {test::config_map("a", "1")})};
      }
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait(lock, stop, [] { return false; });
      return std::unexpected(kube::TransportError{kube::TransportFailure::kCancelled, ""});
    });
    manager_.emplace(client_, &caller_, waiter_, metrics_,
                     // The clock runs faster than threads end: never "too long" by it.
                     ManagerOptions{.quiet_deadline = std::chrono::hours(100'000),
                                    .on_stuck = [] { ADD_FAILURE() << "stuck"; }});
    informer_ = &manager_->add_informer(kube::resources::kConfigMaps);
    controller_ = &manager_->add_controller({.name = "test"}, [this](const Pass&) -> Result<Next> {
      EXPECT_TRUE(informer_->synced()) << "no pass before every cache is full";
      passes_++;
      return Next::done();
    });
    informer_->add_handler(controller_->wake_self());
    elector_.emplace(lease_client_, waiter_, waiter_,
                     kube::ElectionOptions{.lease = {"ns", "l"}, .identity = "me"});
  }
  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      result_ = manager_->run(stop);
      ended_ = true;
    });
  }

  test::ScriptedServer server_;
  test::LeaseServer leases_;
  std::atomic<bool> open_{true};
  FakeWaiter waiter_{FakeWaiter::Mode::kByHand};
  kube::TokenSource tokens_{kube::ClusterConfig{}, waiter_};
  kube::Caller caller_{server_, tokens_, waiter_, {.qps = 0, .retry = {.most_tries = 1}}};
  kube::Client client_{caller_};
  kube::Caller lease_caller_{leases_, tokens_, waiter_, {.qps = 0, .retry = {.most_tries = 1}}};
  kube::Client lease_client_{lease_caller_};
  Metrics metrics_;
  std::optional<Manager> manager_;
  kube::Informer* informer_ = nullptr;
  Controller* controller_ = nullptr;
  std::optional<kube::LeaderElector> elector_;
  std::atomic<int> passes_{0};
  Result<> result_;
  std::atomic<bool> ended_{false};
  std::jthread thread_;
};

TEST_F(ManagerTest, SyncsThenLeadsThenWorksAndReleasesAtTheEnd) {
  manager_->set_elector(*elector_);
  std::atomic<bool> service{false};
  manager_->add_leader_service("s", [&](const std::stop_token& stop) {
    service = true;
    waiter_.sleep(std::chrono::hours(1'000), stop);
    service = false;
  });
  EXPECT_FALSE(manager_->ready());
  start();
  until([&] { return passes_ == 1 && service; });
  EXPECT_TRUE(manager_->ready());
  EXPECT_TRUE(manager_->healthy());
  EXPECT_TRUE(manager_->leading());
  thread_.request_stop();
  thread_.join();
  EXPECT_TRUE(result_);
  EXPECT_FALSE(service.load());
  EXPECT_EQ(json::Value::parse(leases_.spec())["holderIdentity"], "");
}

TEST_F(ManagerTest, LostLeadershipEndsTheWorkAndClosesTheGate) {
  manager_->set_elector(*elector_);
  start();
  until([&] { return manager_->leading() && passes_ == 1; });
  leases_.reachable = false;
  until([&] {
    waiter_.advance(milliseconds(200));
    std::this_thread::yield();
    return !manager_->leading();
  });
  const auto write =
      client_.merge_patch(kube::resources::kConfigMaps, {"ns", "a"}, json::Value::object(), "m");
  ASSERT_FALSE(write);
  EXPECT_NE(write.error().message().find("not the leader"), std::string::npos);
  controller_->enqueue({"ns", "while away"});
  leases_.reachable = true;
  until([&] {
    waiter_.advance(milliseconds(200));
    std::this_thread::yield();
    return passes_ >= 2;
  });
}

TEST_F(ManagerTest, CachesThatDoNotFillAreAnErrorWithAHint) {
  open_ = false;
  start();
  until([&] {
    waiter_.advance(seconds(1));
    std::this_thread::yield();
    return ended_.load();
  });
  thread_.join();
  ASSERT_FALSE(result_);
  EXPECT_EQ(result_.error().code(), Code::kTimeout);
  EXPECT_NE(result_.error().message().find("configmaps"), std::string::npos);
  EXPECT_EQ(passes_.load(), 0);
}

}  // namespace
}  // namespace penstock::runtime
