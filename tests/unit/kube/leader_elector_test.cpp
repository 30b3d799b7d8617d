// Who leads, and until when (client rules 29-33).
#include "kube/leader_elector.h"

#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/lease_server.h"

namespace penstock::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ElectionTest : public testing::Test {
 protected:
  ElectionTest() {
    CallerOptions options;
    options.qps = 0;
    options.retry.most_tries = 1;
    caller_.emplace(server_, tokens_, waiter_, options);
    client_.emplace(*caller_);
    a_.emplace(*client_, waiter_, waiter_,
               ElectionOptions{.lease = {"ns", "lead"}, .identity = "a"});
    b_.emplace(*client_, waiter_, waiter_,
               ElectionOptions{.lease = {"ns", "lead"}, .identity = "b"});
  }
  [[nodiscard]] json::Value spec() const { return json::Value::parse(server_.spec()); }
  std::chrono::nanoseconds since(SteadyTime start) const { return waiter_.now() - start; }

  test::LeaseServer server_;
  test::FakeWaiter waiter_;
  TokenSource tokens_{ClusterConfig{}, waiter_};
  std::optional<Caller> caller_;
  std::optional<Client> client_;
  std::optional<LeaderElector> a_;
  std::optional<LeaderElector> b_;
  std::stop_source stop_;
};

TEST_F(ElectionTest, TheFirstCreatesTheLease) {
  EXPECT_FALSE(a_->check());
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  EXPECT_TRUE(a_->leading());
  EXPECT_TRUE(a_->check());
  EXPECT_EQ(spec()["holderIdentity"], "a");
  EXPECT_EQ(spec()["leaseDurationSeconds"], 15);
  EXPECT_EQ(spec()["leaseTransitions"], 0);
  const std::string renewed = spec()["renewTime"];
  EXPECT_EQ(renewed.size(), std::string("2026-09-21T14:13:20.000000Z").size()) << renewed;
}

TEST_F(ElectionTest, RenewsEveryRetryPeriodWithoutReading) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  const SteadyTime start = waiter_.now();
  server_.on_request = [&](int number) {
    if (number == 7) {
      stop_.request_stop();
    }
  };
  EXPECT_TRUE(a_->hold(stop_.get_token()));
  EXPECT_EQ(since(start), seconds(10));
  const auto methods = server_.methods();
  for (std::size_t i = 2; i < methods.size(); ++i) {
    EXPECT_EQ(methods[i], "PUT");
  }
}

TEST_F(ElectionTest, AnUnreachableServerEndsItTenSecondsAfterTheLastRenewalWasSent) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  const SteadyTime sent = waiter_.now();
  server_.reachable = false;
  EXPECT_FALSE(a_->hold(stop_.get_token()));
  EXPECT_EQ(since(sent), seconds(10));
  EXPECT_FALSE(a_->leading());
  EXPECT_EQ(a_->check().error().code(), Code::kUnavailable);
}

TEST_F(ElectionTest, AFollowerWaitsFromWhatItSawWhateverTheClocksSay) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  waiter_.jump_wall(std::chrono::hours(24 * 3650));
  const SteadyTime start = waiter_.now();
  ASSERT_TRUE(b_->acquire(stop_.get_token()));
  EXPECT_EQ(since(start), seconds(15)) << "not earlier, and tried exactly then";
  EXPECT_EQ(spec()["holderIdentity"], "b");
  EXPECT_EQ(spec()["leaseTransitions"], 1);
  EXPECT_EQ(b_->term(), 1);
  EXPECT_FALSE(a_->leading()) << "a's own time ended five seconds before";
}

TEST_F(ElectionTest, EveryRenewalSeenStartsTheWaitAnew) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  const SteadyTime start = waiter_.now();
  SteadyTime last = start;
  bool renewing = false;
  server_.on_request = [&](int) {
    // While b waits, a renews for a minute, then is no more.
    if (!renewing && since(start) < seconds(60) && since(last) >= seconds(2)) {
      renewing = true;
      std::stop_source once;
      const Object lease = client_->get(resources::kLeases, {"ns", "lead"}).value();
      LeaseRecord record = read_lease(lease);
      record.renew_time = format_micro_time(waiter_.wall_now());
      ASSERT_TRUE(
          client_->update(resources::kLeases, write_lease({"ns", "lead"}, record, lease), "a"));
      last = waiter_.now();
      renewing = false;
    }
  };
  ASSERT_TRUE(b_->acquire(stop_.get_token()));
  EXPECT_GE(since(start), seconds(73));
  EXPECT_LT(since(last), seconds(16));
}

TEST_F(ElectionTest, AReleasedLeaseIsTakenAtOnce) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  a_->release();
  EXPECT_FALSE(a_->leading());
  EXPECT_EQ(spec()["holderIdentity"], "");
  EXPECT_EQ(spec()["leaseDurationSeconds"], 1);
  const SteadyTime start = waiter_.now();
  ASSERT_TRUE(b_->acquire(stop_.get_token()));
  EXPECT_EQ(since(start), seconds(0));
  EXPECT_EQ(spec()["leaseDurationSeconds"], 15);
}

TEST_F(ElectionTest, ARenewalWhoseAnswerGotLostIsNoLoss) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  const SteadyTime start = waiter_.now();
  server_.on_request = [&](int number) {
    server_.lose_next_answer = number == 3;
    if (number == 9) {
      stop_.request_stop();
    }
  };
  EXPECT_TRUE(a_->hold(stop_.get_token())) << "the conflict with our own write was read right";
  EXPECT_GT(since(start), seconds(5));
  EXPECT_EQ(spec()["holderIdentity"], "a");
}

TEST_F(ElectionTest, SomebodyElseInTheRecordIsALossAtOnce) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  const Object lease = client_->get(resources::kLeases, {"ns", "lead"}).value();
  LeaseRecord record = read_lease(lease);
  record.holder = "b";
  ASSERT_TRUE(client_->update(resources::kLeases, write_lease({"ns", "lead"}, record, lease), "b"));
  const SteadyTime start = waiter_.now();
  EXPECT_FALSE(a_->hold(stop_.get_token()));
  EXPECT_LT(since(start), seconds(4));
  EXPECT_FALSE(a_->leading());
  EXPECT_EQ(a_->leader(), "b");
  a_->release();
  EXPECT_EQ(spec()["holderIdentity"], "b") << "not ours to release";
}

TEST_F(ElectionTest, APausedMachineWakesUpAsNoLeader) {
  ASSERT_TRUE(a_->acquire(stop_.get_token()));
  waiter_.advance(milliseconds(9'999));
  EXPECT_TRUE(a_->leading());
  waiter_.advance(milliseconds(1));
  EXPECT_FALSE(a_->leading());
  EXPECT_FALSE(a_->check());
}

TEST(ElectionOptionsTest, TimesMustFitTogether) {
  ElectionOptions options{.lease = {"ns", "l"}, .identity = "a"};
  EXPECT_TRUE(check_election(options));
  options.renew_deadline = seconds(15);
  EXPECT_FALSE(check_election(options));
  options.renew_deadline = milliseconds(2'400);
  EXPECT_FALSE(check_election(options));
  options = {.lease = {"ns", "l"}, .identity = ""};
  EXPECT_FALSE(check_election(options));
}

}  // namespace
}  // namespace penstock::kube
