// Informers, apply, leases, events and controllers on the real API server.
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "kube/applier.h"
#include "kube/event_recorder.h"
#include "kube/leader_elector.h"
#include "runtime/manager.h"
#include "runtime/ownership.h"
#include "tests/integration/kube/real_cluster.h"

namespace penstock::runtime {
namespace {

using kube::Object;
using kube::ObjectKey;
namespace resources = kube::resources;

class Machinery : public test::RealCluster {};

TEST_F(Machinery, AnInformerFollowsEveryChange) {
  ASSERT_TRUE(client().create(resources::kConfigMaps, config_map("before", "1"), "test"));
  kube::Informer informer(client(), system_waiter(), resources::kConfigMaps,
                          {.name_space = namespace_,
                           .watch_shortest = std::chrono::seconds(1),
                           .watch_longest = std::chrono::seconds(2)});
  std::jthread thread([&](const std::stop_token& stop) { informer.run(stop); });
  ASSERT_TRUE(informer.wait_synced(system_clock().now() + std::chrono::seconds(10), {}));
  EXPECT_FALSE(informer.store().get({namespace_, "before"}).empty());

  std::string last;
  for (int i = 0; i < 200; ++i) {  // across several watches: each ends after a second or two
    json::Value patch = {{"data", {{"v", std::to_string(i)}}}};
    last = client()
               .merge_patch(resources::kConfigMaps, {namespace_, "before"}, patch, "test")
               .value()
               .resource_version();
    if (i % 20 == 0) {
      system_waiter().sleep(std::chrono::milliseconds(200), {});
    }
  }
  eventually("the cache shows the last write", [&] { return informer.reached(last); });
  EXPECT_EQ(informer.store().get({namespace_, "before"}).value()["data"]["v"], "199");
  ASSERT_TRUE(client().remove(resources::kConfigMaps, {namespace_, "before"}));
  eventually("the deletion arrives",
             [&] { return informer.store().get({namespace_, "before"}).empty(); });
  const kube::InformerStats stats = informer.stats();
  EXPECT_EQ(stats.lists, 1U) << "watches that end are resumed, not listed again";
  EXPECT_EQ(stats.failures, 0U);
  EXPECT_GE(stats.watches, 2U);
}

TEST_F(Machinery, TheVersionOfACollectionIsCheapToAsk) {
  const Object made = client().create(resources::kConfigMaps, config_map("a", "1"), "test").value();
  const auto latest = client().latest_version(resources::kConfigMaps, namespace_);
  ASSERT_TRUE(latest) << latest.error().to_string();
  EXPECT_FALSE(kube::version_less(*latest, made.resource_version())) << "a consistent read";
}

TEST_F(Machinery, APositionFromTheFutureIsMetWithSilence) {
  int events = 0;
  const auto answer =
      client().watch(resources::kConfigMaps, namespace_,
                     {.resource_version = "999999999999", .timeout = std::chrono::seconds(5)},
                     [&](const kube::WatchEvent&) { return ++events > 0; });
  // Neither an error nor a bookmark: the reason why informers ask for the version after silence.
  EXPECT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(events, 0);
}

TEST_F(Machinery, AStoppedWatchEndsAtOnce) {
  const auto list = client().list(resources::kConfigMaps, namespace_).value();
  std::stop_source stop;
  std::jthread stopper([&] {
    system_waiter().sleep(std::chrono::milliseconds(300), {});
    stop.request_stop();
  });
  const SteadyTime start = system_clock().now();
  const auto answer = client().watch(
      resources::kConfigMaps, namespace_, {.resource_version = list.resource_version},
      [](const kube::WatchEvent&) { return true; }, stop.get_token());
  EXPECT_EQ(answer.error().code(), Code::kCancelled);
  EXPECT_LT(system_clock().now() - start, std::chrono::seconds(2));
}

TEST_F(Machinery, AppliesSettleAndHandMadeChangesArePutRight) {
  kube::Applier applier(client(), "machinery");
  const json::Value intent = {
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", {{"name", "d"}, {"namespace", namespace_}}},
      {"spec",
       {{"replicas", 0},
        {"selector", {{"matchLabels", {{"app", "d"}}}}},
        {"template",
         {{"metadata", {{"labels", {{"app", "d"}}}}},
          {"spec", {{"containers", {{{"name", "c"}, {"image", "none.local/x"}}}}}}}}}}};
  const ObjectKey key{namespace_, "d"};
  const auto pass = [&] {
    auto cached = client().get(resources::kDeployments, key);
    return applier.apply(resources::kDeployments, Object(intent), cached ? *cached : Object());
  };
  ASSERT_TRUE(pass());
  eventually("the server's defaults and controllers come to rest", [&] {
    const auto outcome = pass();
    return outcome && !outcome->written &&
           outcome->live.value()["status"].value("observedGeneration", 0) == 1;
  });
  const std::string still = client().get(resources::kDeployments, key).value().resource_version();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(pass().value().written);
  }
  EXPECT_EQ(client().get(resources::kDeployments, key).value().resource_version(), still);
  ASSERT_TRUE(client().merge_patch(resources::kDeployments, key,
                                   json::Value{{"spec", {{"replicas", 3}}}}, "hand"));
  const auto righted = pass().value();
  EXPECT_TRUE(righted.written);
  EXPECT_EQ(righted.live.value()["spec"]["replicas"], 0);
}

TEST_F(Machinery, LeadershipPassesOnWhenReleased) {
  kube::ElectionOptions a_options{.lease = {namespace_, "lead"}, .identity = "a", .seed = 1};
  kube::ElectionOptions b_options{.lease = {namespace_, "lead"}, .identity = "b", .seed = 2};
  kube::LeaderElector a(client(), system_waiter(), boot_clock(), a_options);
  kube::LeaderElector b(client(), system_waiter(), boot_clock(), b_options);
  ASSERT_TRUE(a.acquire({}));
  std::atomic<bool> took{false};
  std::jthread follower([&](const std::stop_token& stop) { took = b.acquire(stop); });
  system_waiter().sleep(std::chrono::milliseconds(700), {});
  EXPECT_FALSE(took.load());
  const SteadyTime released = system_clock().now();
  a.release();
  eventually("b leads", [&] { return took.load(); });
  EXPECT_LT(system_clock().now() - released, std::chrono::seconds(2));
  EXPECT_FALSE(a.leading());
  EXPECT_TRUE(b.leading());
  EXPECT_EQ(b.term(), 1);
}

TEST_F(Machinery, EventsAreThereForKubectlDescribe) {
  const Object map = client().create(resources::kConfigMaps, config_map("m", "1"), "test").value();
  kube::EventRecorder recorder(client(), system_waiter(),
                               {.instance = "test-pod", .stamp = entropy_seed()});
  std::jthread thread([&](const std::stop_token& stop) { recorder.run(stop); });
  for (int i = 0; i < 3; ++i) {
    recorder.record(map, kube::EventType::kWarning, "ModelMissing", "Check",
                    "The model \"x\" does not exist: create it or correct spec.model.");
  }
  const kube::Resource core_events{"", "v1", "events", "Event"};
  eventually("the event is counted", [&] {
    const auto list = client().list(core_events, namespace_);
    if (!list || list->items.empty()) {
      return false;
    }
    const json::Value& event = list->items[0].value();
    return list->items.size() == 1 && event.contains("series") && event["series"]["count"] == 2 &&
           event["involvedObject"]["name"] == "m" && event["reason"] == "ModelMissing" &&
           event["type"] == "Warning";
  });
}

/// A tiny operator: for each ConfigMap labelled "parent" one child ConfigMap with the same value.
class Mirror {
 public:
  Mirror(kube::Connection& connection, const std::string& name_space)
      : client_(connection.client()),
        applier_(client_, "mirror"),
        manager_(client_, &connection.caller(), system_waiter(), metrics_) {
    kube::InformerOptions options;
    options.name_space = name_space;
    informer_ = &manager_.add_informer(resources::kConfigMaps, options);
    controller_ = &manager_.add_controller({.name = "mirror"},
                                           [this](const Pass& pass) { return reconcile(pass); });
    informer_->add_handler(controller_->wake_self());
    informer_->add_handler(controller_->wake_owner("ConfigMap"));
  }
  Manager& manager() { return manager_; }
  std::atomic<int> passes{0};

 private:
  Result<Next> reconcile(const Pass& pass) {
    ++passes;
    const Object parent = informer_->store().get(pass.key);
    if (parent.empty() || parent.deleting() || !parent.label("parent")) {
      return Next::done();
    }
    json::Value child = {
        {"apiVersion", "v1"},
        {"kind", "ConfigMap"},
        {"metadata", {{"name", parent.name() + "-child"}, {"namespace", parent.name_space()}}},
        {"data", parent.value()["data"]}};
    PENSTOCK_CHECK_OK(set_controller_owner(child, parent));
    const Object intent(std::move(child));
    const Object cached = informer_->store().get(intent.key());
    PENSTOCK_CHECK_OK(check_ownership(cached, parent));
    PENSTOCK_TRY(outcome, applier_.apply(resources::kConfigMaps, intent, cached, pass.stop));
    if (outcome.written) {
      controller_->writes().wrote(pass.key, *informer_, outcome.live);
    }
    return Next::done();
  }

  kube::Client& client_;
  kube::Applier applier_;
  Metrics metrics_;
  Manager manager_;
  kube::Informer* informer_ = nullptr;
  Controller* controller_ = nullptr;
};

TEST_F(Machinery, AControllerConvergesRestsAndPutsRight) {
  auto own = connect(config_);
  Mirror mirror(*own, namespace_);
  auto lease_connection = connect(config_);
  kube::LeaderElector elector(lease_connection->client(), system_waiter(), boot_clock(),
                              {.lease = {namespace_, "mirror"}, .identity = "m"});
  mirror.manager().set_elector(elector);
  EXPECT_FALSE(mirror.manager().ready());
  std::jthread thread([&](const std::stop_token& stop) {
    const auto ran = mirror.manager().run(stop);
    EXPECT_TRUE(ran) << ran.error().to_string();
  });
  constexpr int kParents = 30;
  for (int i = 0; i < kParents; ++i) {
    json::Value parent = config_map("p" + std::to_string(i), "one").value();
    parent["metadata"]["labels"]["parent"] = "yes";
    ASSERT_TRUE(client().create(resources::kConfigMaps, Object(parent), "test"));
  }
  const auto children = [&](const std::string& value) {
    int count = 0;
    for (const Object& object : client().list(resources::kConfigMaps, namespace_)->items) {
      count += object.controller_owner() && object.value()["data"]["v"] == value ? 1 : 0;
    }
    return count;
  };
  eventually("every parent has its child", [&] { return children("one") == kParents; });
  EXPECT_TRUE(mirror.manager().ready());
  EXPECT_TRUE(mirror.manager().healthy());

  eventually("it comes to rest", [&] {
    const int before = mirror.passes.load();
    system_waiter().sleep(std::chrono::milliseconds(500), {});
    return mirror.passes.load() == before;
  });
  const std::string version =
      client().get(resources::kConfigMaps, {namespace_, "p3-child"})->resource_version();

  ASSERT_TRUE(client().merge_patch(resources::kConfigMaps, {namespace_, "p1-child"},
                                   json::Value{{"data", {{"v", "by hand"}}}}, "hand"));
  ASSERT_TRUE(client().remove(resources::kConfigMaps, {namespace_, "p2-child"}));
  eventually("changes by hand are put right", [&] { return children("one") == kParents; });
  ASSERT_TRUE(client().merge_patch(resources::kConfigMaps, {namespace_, "p1"},
                                   json::Value{{"data", {{"v", "two"}}}}, "hand"));
  eventually("a new intent is followed", [&] { return children("two") == 1; });
  EXPECT_EQ(client().get(resources::kConfigMaps, {namespace_, "p3-child"})->resource_version(),
            version)
      << "what needed no change was not written";

  const SteadyTime start = system_clock().now();
  thread.request_stop();
  thread.join();
  EXPECT_LT(system_clock().now() - start, std::chrono::seconds(5));
  const auto lease = client().get(resources::kLeases, {namespace_, "mirror"});
  EXPECT_EQ(kube::read_lease(*lease).holder, "") << "released for the next one";
}

}  // namespace
}  // namespace penstock::runtime
