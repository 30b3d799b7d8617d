// Conditions and ownership (client rules 37, 38, 40).
#include "runtime/conditions.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/ownership.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::runtime {
namespace {

using kube::Object;

const WallTime kNow{std::chrono::seconds(1'790'000'000) + std::chrono::milliseconds(250)};

crd::Condition was(const char* type, const char* status, int seconds_ago) {
  crd::Condition condition;
  condition.type = type;
  condition.status = status;
  condition.last_transition_time = kNow - std::chrono::seconds(seconds_ago);
  return condition;
}

TEST(ConditionSet, EveryDeclaredTypeIsThereFromTheFirstPass) {
  const auto all = ConditionSet({"Accepted", "WorkloadReady"}, {}, 3, kNow).finish();
  ASSERT_EQ(all.size(), 3U);
  for (const crd::Condition& condition : all) {
    EXPECT_EQ(condition.status, "Unknown");
    EXPECT_EQ(condition.reason, "NotYetKnown");
    EXPECT_EQ(condition.observed_generation, 3);
    EXPECT_EQ(condition.last_transition_time,
              std::chrono::floor<std::chrono::seconds>(kNow));  // metav1.Time has no fractions
  }
  EXPECT_EQ(all[2].type, "Ready");
}

TEST(ConditionSet, TimesMoveOnlyWithTheStatus) {
  const std::vector<crd::Condition> before{was("Accepted", "True", 100), was("Ready", "False", 50)};
  ConditionSet set({"Accepted"}, before, 4, kNow);
  set.set_true("Accepted", "StillFine", "another message");
  const auto all = set.finish();
  EXPECT_EQ(find_condition(all, "Accepted")->last_transition_time, before[0].last_transition_time);
  EXPECT_EQ(find_condition(all, "Accepted")->reason, "StillFine");
  EXPECT_EQ(find_condition(all, "Ready")->status, "True");
  EXPECT_EQ(find_condition(all, "Ready")->last_transition_time,
            std::chrono::floor<std::chrono::seconds>(kNow));
}

TEST(ConditionSet, ReadyTellsTheFirstThingThatIsWrong) {
  ConditionSet set({"Accepted", "CacheReady", "WorkloadReady"}, {}, 1, kNow);
  set.set_true("Accepted", "Valid", "");
  set.set_unknown("CacheReady", "Pulling", "pulling");
  set.set_false("WorkloadReady", "PodsCrashing", "0 of 2 pods are ready");
  set.note("Idle", false, "Busy", "not summed up");
  auto all = set.finish();
  EXPECT_EQ(find_condition(all, "Ready")->status, "False") << "a No weighs more than a Don't know";
  EXPECT_EQ(find_condition(all, "Ready")->reason, "PodsCrashing");
  EXPECT_EQ(find_condition(all, "Ready")->message, "0 of 2 pods are ready");
  set.set_true("WorkloadReady", "Available", "");
  all = set.finish();
  EXPECT_EQ(find_condition(all, "Ready")->status, "Unknown");
  EXPECT_EQ(find_condition(all, "Ready")->reason, "Pulling");
  set.set_true("CacheReady", "Cached", "");
  EXPECT_EQ(find_condition(set.finish(), "Ready")->status, "True");
}

TEST(ConditionSet, WhatWasWrittenIsReadBack) {
  const Object object(json::Value::parse(R"({"status":{"conditions":[
    {"type":"Ready","status":"True","reason":"R","message":"m","observedGeneration":2,
     "lastTransitionTime":"2026-09-21T14:13:20Z"}, 3, {"type":4}]}})"));
  const auto all = read_conditions(object);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].observed_generation, 2);
  EXPECT_TRUE(read_conditions(Object()).empty());
  EXPECT_TRUE(
      read_conditions(Object(json::Value::parse(R"({"status":{"conditions":{}}})"))).empty());
}

Object owner(const char* uid = "u1", const char* name_space = "ns") {
  json::Value value = {{"apiVersion", "penstock.dev/v1alpha1"},
                       {"kind", "ModelDeployment"},
                       {"metadata", {{"name", "md"}, {"uid", uid}, {"resourceVersion", "7"}}}};
  if (*name_space != '\0') {
    value["metadata"]["namespace"] = name_space;
  }
  return Object(std::move(value));
}

json::Value child(const char* name_space = "ns") {
  return {{"kind", "Service"}, {"metadata", {{"name", "c"}, {"namespace", name_space}}}};
}

TEST(Ownership, ReferencesStayInTheNamespace) {
  json::Value made = child();
  ASSERT_TRUE(set_controller_owner(made, owner()));
  EXPECT_EQ(made["metadata"]["ownerReferences"],
            json::Value::parse(R"([{"apiVersion":"penstock.dev/v1alpha1","kind":"ModelDeployment",
              "name":"md","uid":"u1","controller":true,"blockOwnerDeletion":true}])"));
  EXPECT_TRUE(controlled_by(Object(made), owner()));
  EXPECT_FALSE(controlled_by(Object(made), owner("u2"))) << "another incarnation";
  json::Value far = child("elsewhere");
  EXPECT_EQ(set_controller_owner(far, owner()).error().code(), Code::kInternal);
  EXPECT_FALSE(far["metadata"].contains("ownerReferences"));
  EXPECT_TRUE(set_controller_owner(far, owner("u1", ""))) << "cluster-scoped owners may";
  EXPECT_FALSE(set_controller_owner(far, owner("", "")));
}

TEST(Ownership, WhatIsNotOursIsNotTouched) {
  json::Value ours = child();
  ASSERT_TRUE(set_controller_owner(ours, owner()));
  EXPECT_TRUE(check_ownership(Object(), owner()));
  EXPECT_TRUE(check_ownership(Object(ours), owner()));
  const auto stale = check_ownership(Object(ours), owner("u2"));
  EXPECT_EQ(stale.error().code(), Code::kConflict);
  EXPECT_NE(stale.error().message().find("earlier incarnation"), std::string::npos);
  const auto foreign = check_ownership(Object(child()), owner());
  EXPECT_EQ(foreign.error().message(),
            "Service ns/c exists and was not made for ns/md; rename or delete it, it will not be "
            "overwritten");
}

class FinalizerTest : public testing::Test {
 protected:
  static Object object(const char* finalizers, bool deleting = false) {
    json::Value value = owner().value();
    value["metadata"]["finalizers"] = json::Value::parse(finalizers);
    if (deleting) {
      value["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    }
    return Object(std::move(value));
  }
  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  kube::TokenSource tokens_{kube::ClusterConfig{}, waiter_};
  kube::Caller caller_{server_, tokens_, waiter_, {}};
  kube::Client client_{caller_};
};

TEST_F(FinalizerTest, IsAddedOnceBesideTheOthers) {
  server_.then_answer(200, object(R"(["x/y","p/q"])").value().dump());
  ASSERT_TRUE(
      add_finalizer(client_, kube::resources::kModelDeployments, object(R"(["x/y"])"), "p/q", "m"));
  EXPECT_EQ(json::Value::parse(server_.request(0).body),
            json::Value::parse(R"({"metadata":{"uid":"u1","resourceVersion":"7",
              "finalizers":["x/y","p/q"]}})"));
  ASSERT_TRUE(add_finalizer(client_, kube::resources::kModelDeployments, object(R"(["x/y","p/q"])"),
                            "p/q", "m"));
  EXPECT_EQ(server_.count(), 1U);
  EXPECT_EQ(
      add_finalizer(client_, kube::resources::kModelDeployments, object("[]", true), "p/q", "m")
          .error()
          .code(),
      Code::kConflict);
}

TEST_F(FinalizerTest, OnlyOursIsRemoved) {
  server_.then_answer(200, object(R"(["x/y"])", true).value().dump());
  const Object going = object(R"(["p/q","x/y"])", true);
  EXPECT_TRUE(has_finalizer(going, "p/q"));
  ASSERT_TRUE(remove_finalizer(client_, kube::resources::kModelDeployments, going, "p/q", "m"));
  EXPECT_EQ(json::Value::parse(server_.request(0).body)["metadata"]["finalizers"],
            json::Value({"x/y"}));
  server_.then_status(404, "NotFound");
  EXPECT_TRUE(remove_finalizer(client_, kube::resources::kModelDeployments, going, "p/q", "m"))
      << "gone is what we wanted";
  server_.then_status(409, "Conflict");
  EXPECT_FALSE(remove_finalizer(client_, kube::resources::kModelDeployments, going, "p/q", "m"));
  EXPECT_TRUE(remove_finalizer(client_, kube::resources::kModelDeployments,
                               object(R"(["x/y"])", true), "p/q", "m"));
  EXPECT_EQ(server_.count(), 3U);
}

}  // namespace
}  // namespace penstock::runtime
