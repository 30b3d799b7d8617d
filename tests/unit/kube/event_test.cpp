// Events: told once, counted, bounded, never in the way (client rule 39).
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/event_recorder.h"
#include "kube/event_series.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::kube {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

EventNote note(const std::string& text = "pulled", const std::string& name = "md") {
  return {"penstock.dev/v1alpha1", "ModelDeployment", "ns",   name, "uid-" + name,
          EventType::kNormal,      "Pulled",          "Pull", text};
}

TEST(EventSeries, TheSecondTimeIsACountAndThenRarely) {
  EventSeries series;
  SteadyTime now = SteadyTime(std::chrono::hours(1));
  const auto first = series.observe(note(), now, 0xab);
  EXPECT_EQ(first.step, EventStep::kCreate);
  EXPECT_EQ(first.object_name, "md.ab");
  const auto second = series.observe(note(), now += seconds(1), 2);
  EXPECT_EQ(second.step, EventStep::kCount);
  EXPECT_EQ(second.count, 2U);
  EXPECT_EQ(second.object_name, "md.ab");
  for (int i = 0; i < 299; ++i) {
    EXPECT_EQ(series.observe(note(), now += seconds(1), 3).step, EventStep::kNothing);
  }
  const auto later = series.observe(note(), now += seconds(1), 4);
  EXPECT_EQ(later.step, EventStep::kCount);
  EXPECT_EQ(later.count, 302U);
  EXPECT_EQ(series.observe(note(), now += minutes(6), 5).step, EventStep::kCreate)
      << "after six quiet minutes it is news again";
  EXPECT_EQ(series.observe(note("failed"), now, 6).step, EventStep::kCreate)
      << "another text is another event";
}

TEST(EventSeries, AnObjectHasABudget) {
  EventSeries series;
  const SteadyTime now = SteadyTime(std::chrono::hours(1));
  const auto created = [&](const std::string& name, SteadyTime at) {
    int count = 0;
    for (int i = 0; i < 100; ++i) {
      count += series.observe(note(std::to_string(at.time_since_epoch().count() + i), name), at, 1)
                           .step == EventStep::kCreate
                   ? 1
                   : 0;
    }
    return count;
  };
  EXPECT_EQ(created("noisy", now), 25);
  EXPECT_EQ(created("other", now), 25) << "one object's noise costs nobody else";
  EXPECT_EQ(created("noisy", now + minutes(10)), 2);
}

TEST(EventSeries, MemoryIsBounded) {
  EventSeries series;
  const SteadyTime now = SteadyTime(std::chrono::hours(1));
  for (std::size_t i = 0; i < 3 * EventSeries::kMostSeries; ++i) {
    static_cast<void>(series.observe(note("x", "md-" + std::to_string(i)), now, i));
  }
  EXPECT_EQ(series.observe(note("x", "md-0"), now, 1).step, EventStep::kCreate) << "forgotten";
}

class RecorderTest : public testing::Test {
 protected:
  void finish_with(int status, std::string body) {
    server_.then([this, status, body](const HttpRequest&, const BodySink&,
                                      const std::stop_token&) -> test::Answer {
      stop_.request_stop();
      return HttpResponse{status, {}, body};
    });
  }
  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  TokenSource tokens_{ClusterConfig{}, waiter_};
  Caller caller_{server_, tokens_, waiter_, {.retry = {.most_tries = 1}}};
  Client client_{caller_};
  EventRecorderOptions options_{.instance = "pod-1", .stamp = 7};
  std::stop_source stop_;
};

TEST_F(RecorderTest, WritesWhatKubectlShows) {
  EventRecorder recorder(client_, waiter_, options_);
  recorder.record(
      Object(json::Value::parse(R"({"apiVersion":"penstock.dev/v1alpha1","kind":"PriceBook",
    "metadata":{"name":"list-prices","uid":"u1"}})")),
      EventType::kWarning, "PriceMissing", "Compile", std::string(1023, 'x') + "\xC3\xA9 and more");
  finish_with(201, R"({"metadata":{"name":"e"}})");
  recorder.run(stop_.get_token());
  const HttpRequest sent = server_.request(0);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_TRUE(sent.target.starts_with("/apis/events.k8s.io/v1/namespaces/default/events"));
  const auto body = json::Value::parse(sent.body);
  EXPECT_EQ(body["regarding"], json::Value::parse(R"({"apiVersion":"penstock.dev/v1alpha1",
    "kind":"PriceBook","name":"list-prices","uid":"u1"})"));
  EXPECT_EQ(body["type"], "Warning");
  EXPECT_EQ(body["reason"], "PriceMissing");
  EXPECT_EQ(body["action"], "Compile");
  EXPECT_EQ(body["note"], std::string(1023, 'x')) << "cut before the letter, not inside";
  EXPECT_EQ(body["reportingInstance"], "pod-1");
  EXPECT_EQ(body["metadata"]["name"], "list-prices.7");
}

TEST_F(RecorderTest, TriesAgainThenCountsInTheSameEvent) {
  EventRecorder recorder(client_, waiter_, options_);
  recorder.record(note());
  recorder.record(note());
  server_.then_fail(TransportFailure::kNotSent);
  server_.then_answer(201, R"({"metadata":{"name":"e"}})");
  finish_with(200, R"({"metadata":{"name":"e"}})");
  recorder.run(stop_.get_token());
  EXPECT_EQ(server_.request(2).method, "PATCH");
  EXPECT_TRUE(
      server_.request(2).target.starts_with("/apis/events.k8s.io/v1/namespaces/ns/events/md.7?"));
  EXPECT_EQ(json::Value::parse(server_.request(2).body)["series"]["count"], 2);
  // The limit of the last moment may have begun to wait, too.
  ASSERT_FALSE(waiter_.waits().empty());
  EXPECT_EQ(waiter_.waits().front(), seconds(10));
}

TEST_F(RecorderTest, WhatAStopInterruptedGetsALastMoment) {
  test::FakeWaiter by_hand(test::FakeWaiter::Mode::kByHand);  // the moment lasts until we say so
  EventRecorder recorder(client_, by_hand, options_);
  recorder.record(note("one"));
  recorder.record(note("two"));
  server_.then([this](const HttpRequest&, const BodySink&, const std::stop_token&) -> test::Answer {
    stop_.request_stop();
    return std::unexpected(TransportError{TransportFailure::kCancelled, "stopped"});
  });
  server_.then_answer(201, R"({"metadata":{"name":"e"}})");
  server_.then_answer(201, R"({"metadata":{"name":"e"}})");
  recorder.run(stop_.get_token());
  ASSERT_EQ(server_.count(), 3U);
  EXPECT_EQ(json::Value::parse(server_.request(1).body)["note"], "one") << "created, not counted";
  EXPECT_EQ(json::Value::parse(server_.request(2).body)["note"], "two");
}

TEST_F(RecorderTest, ARefusedEventIsDroppedAtOnceAndAFullQueueDrops) {
  options_.queue = 2;
  EventRecorder recorder(client_, waiter_, options_);
  recorder.record(note("one"));
  recorder.record(note("two"));
  recorder.record(note("three"));
  EXPECT_EQ(recorder.dropped(), 1U);
  server_.then_status(403, "Forbidden");
  finish_with(201, R"({"metadata":{"name":"e"}})");
  recorder.run(stop_.get_token());
  EXPECT_EQ(server_.count(), 2U);
}

}  // namespace
}  // namespace penstock::kube
