// The authority's Secret over its life, with real optimistic concurrency.
#include "controller/authority/keeper.h"

#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::controller::authority {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Policy kPolicy{
    .authority_life = days(90), .trust_first = days(2), .leaf_life = days(7), .skew = minutes(5)};

class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    server_.always([this](const kube::HttpRequest& request, const kube::BodySink&,
                          const std::stop_token&) { return serve(request); });
    kube::CallerOptions options;
    options.qps = 0;
    options.retry.most_tries = 1;
    caller_.emplace(server_, tokens_, waiter_, options);
    client_.emplace(*caller_);
  }

  static test::Answer answer(int status, const json::Value& body) {
    return kube::HttpResponse{status, {{"Content-Type", "application/json"}}, body.dump()};
  }
  static test::Answer status(int code, std::string_view reason) {
    return answer(code, {{"kind", "Status"}, {"code", code}, {"reason", reason}});
  }

  test::Answer serve(const kube::HttpRequest& request) {
    if (request.method == "GET") {
      return secret_.is_null() ? status(404, "NotFound") : answer(200, secret_);
    }
    ++writes_;
    json::Value sent = json::Value::parse(request.body);
    if (request.method == "POST" && !secret_.is_null()) {
      return status(409, "AlreadyExists");
    }
    if (request.method == "PUT" &&
        sent["metadata"]["resourceVersion"] != secret_["metadata"]["resourceVersion"]) {
      return status(409, "Conflict");
    }
    secret_ = std::move(sent);
    secret_["metadata"]["resourceVersion"] = std::to_string(++version_);
    return answer(200, secret_);
  }

  std::unique_ptr<Keeper> keeper(bool leading) {
    return std::make_unique<Keeper>(
        *client_, waiter_, kube::ObjectKey{"penstock-system", std::string(kSecretName)}, kPolicy,
        [leading] { return leading; },
        [this](const Authority&, bool changed) { changes_ += changed ? 1 : 0; }, Keeper::Timing{});
  }

  std::size_t members() {
    return secret_.is_null() ? 0 : secret_.value("data", json::Value::object()).size() / 2;
  }

  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  kube::TokenSource tokens_{kube::ClusterConfig{}, waiter_};
  std::optional<kube::Caller> caller_;
  std::optional<kube::Client> client_;
  json::Value secret_;
  int version_ = 0;
  int writes_ = 0;
  int changes_ = 0;
};

TEST_F(KeeperTest, LeaderMakesItWhereThereIsNone) {
  const auto leader = keeper(true);
  EXPECT_TRUE(leader->look({}));
  EXPECT_EQ(members(), 1U);
  EXPECT_EQ(secret_["type"], "penstock.dev/authority");
  EXPECT_EQ(secret_["metadata"]["labels"]["app.kubernetes.io/part-of"], "penstock");
  EXPECT_TRUE(leader->look({}));
  EXPECT_EQ(writes_, 1);
  EXPECT_EQ(changes_, 1);
}

TEST_F(KeeperTest, LeaderFillsTheChartsEmptySecret) {
  secret_ = {{"apiVersion", "v1"},
             {"kind", "Secret"},
             {"type", "penstock.dev/authority"},
             {"metadata",
              {{"name", kSecretName},
               {"namespace", "penstock-system"},
               {"resourceVersion", "0"},
               {"labels", {{"helm", "x"}}}}}};
  EXPECT_TRUE(keeper(true)->look({}));
  EXPECT_EQ(members(), 1U);
  EXPECT_EQ(secret_["metadata"]["labels"]["helm"], "x");
}

TEST_F(KeeperTest, FollowerWaitsAndReads) {
  const auto follower = keeper(false);
  EXPECT_FALSE(follower->look({}));
  EXPECT_EQ(follower->current(), nullptr);
  EXPECT_EQ(writes_, 0);
  const auto leader = keeper(true);
  ASSERT_TRUE(leader->look({}));
  EXPECT_TRUE(follower->look({}));
  EXPECT_EQ(follower->current()->bundle(), leader->current()->bundle());
}

TEST_F(KeeperTest, TwoLeadersEndWithOneAuthority) {
  const auto one = keeper(true);
  const auto two = keeper(true);
  // Between the second's read and its write the first one is faster.
  test::Answer empty = status(404, "NotFound");
  server_.then([&](const auto&, const auto&, const auto&) {
    EXPECT_TRUE(one->look({}));
    return empty;
  });
  EXPECT_FALSE(two->look({}));
  EXPECT_TRUE(two->look({}));
  EXPECT_EQ(two->current()->bundle(), one->current()->bundle());
  EXPECT_EQ(members(), 1U);
}

TEST_F(KeeperTest, WhatIsNoAuthorityIsLeftAlone) {
  secret_ = {{"metadata", {{"name", kSecretName}, {"resourceVersion", "0"}}},
             {"data", {{"authority-1.crt", "bm8="}, {"authority-1.key", "bm8="}}}};
  EXPECT_FALSE(keeper(true)->look({}));
  EXPECT_EQ(writes_, 0);
}

TEST_F(KeeperTest, RotationOverlapsAndLeavesFollow) {
  const auto leader = keeper(true);
  ASSERT_TRUE(leader->look({}));
  const Leaf leaf = gateway_leaf({"team-a", "main"});
  std::optional<KeyPair> held;
  int fresh = 0;
  std::string bundle_before;
  for (int hour = 0; hour < 24 * 200; hour += 12) {
    ASSERT_TRUE(leader->look({}));
    const auto now = leader->current();
    const auto kept = keep(*now, leaf, held, waiter_.wall_now(), kPolicy).value();
    // Those who still have the bundle of twelve hours ago accept what is signed now.
    if (!bundle_before.empty()) {
      ASSERT_TRUE(check_leaf(kept.pair, bundle_before, leaf, waiter_.wall_now())) << hour;
    }
    fresh += kept.fresh ? 1 : 0;
    held = kept.pair;
    bundle_before = now->bundle();
    waiter_.advance(hours(12));
  }
  EXPECT_EQ(writes_, 6);      // made on day 0, 60, 120 and 180; expired on day 90 and 150
  EXPECT_NEAR(fresh, 40, 2);  // 200 days, renewed after two thirds of seven
}

TEST_F(KeeperTest, CertificateIsRenewedWhenItsSubjectOrAuthorityIsAnother) {
  ASSERT_TRUE(keeper(true)->look({}));
  const auto leader = keeper(true);
  ASSERT_TRUE(leader->look({}));
  const auto& current = *leader->current();
  const WallTime now = waiter_.wall_now();
  const auto first = keep(current, gateway_leaf({"a", "b"}), std::nullopt, now, kPolicy).value();
  EXPECT_TRUE(first.fresh);
  EXPECT_FALSE(keep(current, gateway_leaf({"a", "b"}), first.pair, now, kPolicy)->fresh);
  EXPECT_TRUE(keep(current, gateway_leaf({"a", "c"}), first.pair, now, kPolicy)->fresh);
  secret_ = nullptr;
  ASSERT_TRUE(leader->look({}));
  EXPECT_TRUE(keep(*leader->current(), gateway_leaf({"a", "b"}), first.pair, now, kPolicy)->fresh);
}

}  // namespace
}  // namespace penstock::controller::authority
