// Apply only what is not so yet (client rules 34, 35).
#include "kube/applier.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::kube {
namespace {

class ApplierTest : public testing::Test {
 protected:
  static json::Value intent(int replicas = 2) {
    return {{"apiVersion", "apps/v1"},
            {"kind", "Deployment"},
            {"metadata", {{"name", "d"}, {"namespace", "ns"}}},
            {"spec", {{"replicas", replicas}}}};
  }
  /// What the server makes of it: defaults, status, versions.
  static json::Value live(const char* version, int replicas = 2, int ready = 0) {
    json::Value object = intent(replicas);
    object["metadata"]["uid"] = "u";
    object["metadata"]["resourceVersion"] = version;
    object["metadata"]["generation"] = 1;
    object["spec"]["strategy"] = "default";
    object["status"]["readyReplicas"] = ready;
    return object;
  }
  Applier::Outcome apply(const json::Value& wanted, const json::Value& cached) {
    return applier_
        .apply(resources::kDeployments, Object(wanted),
               cached.is_null() ? Object() : Object(cached))
        .value();
  }

  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  TokenSource tokens_{ClusterConfig{}, waiter_};
  Caller caller_{server_, tokens_, waiter_, {}};
  Client client_{caller_};
  Applier applier_{client_, "penstock-test"};
};

TEST_F(ApplierTest, TheSecondApplySendsNothing) {
  server_.then_answer(201, live("5").dump());
  EXPECT_TRUE(apply(intent(), nullptr).written);
  EXPECT_FALSE(apply(intent(), live("5")).written);
  EXPECT_FALSE(apply(intent(), live("9", 2, 2)).written) << "a status moved, nothing else";
  EXPECT_EQ(server_.count(), 1U);
  EXPECT_EQ(test::query_of(server_.request(0), "fieldManager"), "penstock-test");
}

TEST_F(ApplierTest, AChangedIntentIsSent) {
  server_.then_answer(201, live("5").dump());
  apply(intent(), nullptr);
  server_.then_answer(200, live("6", 3).dump());
  EXPECT_TRUE(apply(intent(3), live("5")).written);
  EXPECT_EQ(server_.count(), 2U);
}

TEST_F(ApplierTest, AChangeByHandIsPutRight) {
  server_.then_answer(201, live("5").dump());
  apply(intent(), nullptr);
  server_.then_answer(200, live("8").dump());
  EXPECT_TRUE(apply(intent(), live("7", 9)).written);
  EXPECT_FALSE(apply(intent(), live("8")).written);
  EXPECT_EQ(server_.count(), 2U);
}

TEST_F(ApplierTest, WhatOthersAddIsNotOurs) {
  server_.then_answer(201, live("5").dump());
  apply(intent(), nullptr);
  json::Value more = live("9");
  more["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "1";
  more["metadata"]["labels"]["by"] = "hand";
  more["spec"]["template"]["metadata"]["annotations"]["restartedAt"] = "now";
  EXPECT_FALSE(apply(intent(), more).written);
  EXPECT_EQ(server_.count(), 1U) << "an apply could not change any of it";
}

TEST_F(ApplierTest, AMemberOfOursThatIsGoneIsPutBack) {
  json::Value wanted = intent();
  wanted["metadata"]["labels"]["ours"] = "yes";
  wanted["spec"]["ports"] = json::Value::array({{{"port", 1}}});
  json::Value there = live("5");
  there["metadata"]["labels"]["ours"] = "yes";
  there["spec"]["ports"] = json::Value::array({{{"port", 1}, {"protocol", "TCP"}}});
  server_.then_answer(201, there.dump());
  apply(wanted, nullptr);
  apply(wanted, there);
  EXPECT_EQ(server_.count(), 1U);
  json::Value unlabelled = there;
  unlabelled["metadata"]["labels"].erase("ours");
  server_.then_answer(200, there.dump());
  apply(wanted, unlabelled);
  EXPECT_EQ(server_.count(), 2U);
  json::Value longer = there;
  longer["spec"]["ports"].push_back({{"port", 2}});
  server_.then_answer(200, longer.dump());
  EXPECT_FALSE(apply(wanted, longer).written) << "sent, but the server had nothing to change";
  EXPECT_EQ(server_.count(), 3U);
  apply(wanted, longer);
  EXPECT_EQ(server_.count(), 3U) << "what the server leaves as it is is no reason for a loop";
}

TEST_F(ApplierTest, ADeletedObjectIsMadeAgain) {
  server_.then_answer(201, live("5").dump());
  apply(intent(), nullptr);
  server_.then_answer(201, live("6").dump());
  EXPECT_TRUE(apply(intent(), nullptr).written);
}

TEST_F(ApplierTest, AnIncarnationOfTheSameNameIsAnotherObject) {
  server_.then_answer(201, live("5").dump());
  apply(intent(), nullptr);
  json::Value other = live("5");
  other["metadata"]["uid"] = "u2";
  server_.then_answer(200, other.dump());
  apply(intent(), other);
  EXPECT_EQ(server_.count(), 2U);
}

TEST_F(ApplierTest, AFailureIsForgottenNotRemembered) {
  server_.then_answer(201, live("5").dump());
  apply(intent(), nullptr);
  server_.then_status(409, "Conflict");
  EXPECT_FALSE(applier_.apply(resources::kDeployments, Object(intent(3)), Object(live("5"))));
  server_.then_answer(200, live("5").dump());
  apply(intent(), live("5"));
  EXPECT_EQ(server_.count(), 3U) << "the failed write may have been done";
}

TEST_F(ApplierTest, StatusGoesToItsSubresourceUnderItsOwnManager) {
  json::Value status = {{"apiVersion", "apps/v1"},
                        {"kind", "Deployment"},
                        {"metadata", {{"name", "d"}, {"namespace", "ns"}}},
                        {"status", {{"readyReplicas", 1}}}};
  server_.then_answer(200, live("6", 2, 1).dump());
  ASSERT_TRUE(applier_.apply_status(resources::kDeployments, Object(status), Object(live("5"))));
  EXPECT_EQ(server_.request(0).target,
            "/apis/apps/v1/namespaces/ns/deployments/d/status?fieldManager=penstock-test-status&"
            "force=true");
  ASSERT_TRUE(
      applier_.apply_status(resources::kDeployments, Object(status), Object(live("8", 7, 1))));
  EXPECT_EQ(server_.count(), 1U) << "only the spec moved";
}

TEST_F(ApplierTest, BookkeepingInAnIntentIsABug) {
  json::Value wanted = intent();
  wanted["status"] = {{"x", 1}};
  EXPECT_FALSE(applier_.apply(resources::kDeployments, Object(wanted), Object()));
  wanted = intent();
  wanted["metadata"]["resourceVersion"] = "4";
  EXPECT_EQ(applier_.apply(resources::kDeployments, Object(wanted), Object()).error().code(),
            Code::kInternal);
  EXPECT_EQ(server_.count(), 0U);
}

}  // namespace
}  // namespace penstock::kube
