#include "controller/autoscaler/demand_book.h"

#include <gtest/gtest.h>

namespace penstock::controller::autoscaler {
namespace {

using gateway::demand::DeploymentDemand;
using gateway::demand::Report;
using scaling::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kPod = "ns/gateway-1";
constexpr const char* kModel = "ns/llama";

const SteadyTime kStart(std::chrono::hours(10));

DeploymentDemand demand(std::int64_t arrivals, std::int64_t prompt_tokens = 0) {
  DeploymentDemand out;
  out.name_space = "ns";
  out.name = "llama";
  out.arrivals = arrivals;
  out.prompt_tokens = prompt_tokens;
  return out;
}

Report report(std::uint64_t sequence, milliseconds age, const DeploymentDemand& of,
              const std::string& instance = "gateway-1",
              WallTime began = WallTime(std::chrono::hours(1))) {
  Report out;
  out.gateway = "ns/main";
  out.instance = instance;
  out.sequence = sequence;
  out.window = age;
  out.at = began + age;
  out.deployments = {of};
  return out;
}

double calls(DemandBook& book, DemandNews* news = nullptr) {
  DemandNews local;
  DemandNews& out = news == nullptr ? local : *news;
  book.collect(kPod, kModel, out);
  double sum = 0;
  for (const auto& sample : out.report.news) {
    sum += sample.calls;
  }
  return sum;
}

TEST(DemandBook, TotalsBecomeDifferences) {
  DemandBook book;
  book.take(kPod, report(1, seconds(1), demand(3, 300)), kStart);
  EXPECT_EQ(calls(book), 3);
  book.take(kPod, report(2, seconds(2), demand(10, 1'000)), kStart + seconds(1));
  DemandNews news;
  EXPECT_EQ(calls(book, &news), 7);
  ASSERT_EQ(news.samples.size(), 1U);
  EXPECT_EQ(news.samples[0].prompt_tokens, 700);
  EXPECT_EQ(news.samples[0].start, kStart);
  EXPECT_EQ(news.samples[0].span, seconds(1));
  EXPECT_EQ(news.report.through, kStart + seconds(1));
  EXPECT_EQ(calls(book), 0) << "told once";
}

TEST(DemandBook, RisingDemandIsUrgentOnce) {
  DemandBook book;
  auto rises = [&, sequence = 0U, arrivals = 0, at = kStart](int calls) mutable {
    arrivals += calls;
    at += milliseconds(250);
    const auto age = std::chrono::duration_cast<milliseconds>(at - kStart);
    return !book.take(kPod, report(++sequence, age, demand(arrivals)), at).rising.empty();
  };
  for (int i = 0; i < 80; ++i) {
    EXPECT_FALSE(rises(i % 2 == 0 ? 3 : 2)) << "ten a second, always";
  }
  EXPECT_TRUE(rises(10)) << "forty a second";
  for (int i = 0; i < 80; ++i) {
    rises(10);
  }
  EXPECT_FALSE(rises(10)) << "that is usual now";
  EXPECT_FALSE(rises(3));
}

TEST(DemandBook, ALostReportLosesNothing) {
  DemandBook book;
  book.take(kPod, report(1, seconds(1), demand(1)), kStart);
  book.take(kPod, report(4, seconds(4), demand(9)), kStart + seconds(3));
  EXPECT_EQ(calls(book), 9);
}

TEST(DemandBook, LateAndRepeatedReportsAreLeftOut) {
  DemandBook book;
  book.take(kPod, report(1, seconds(1), demand(1)), kStart);
  book.take(kPod, report(3, seconds(3), demand(5)), kStart + seconds(2));
  EXPECT_EQ(calls(book), 5);
  book.take(kPod, report(2, seconds(2), demand(4)), kStart + seconds(3));
  book.take(kPod, report(3, seconds(3), demand(5)), kStart + seconds(3));
  EXPECT_EQ(calls(book), 0);
  book.take(kPod, report(4, seconds(4), demand(6)), kStart + seconds(4));
  EXPECT_EQ(calls(book), 1);
}

TEST(DemandBook, AnOldProcessIsABaseLineFirst) {
  DemandBook book;
  book.take(kPod, report(100, std::chrono::hours(1), demand(1'000'000)), kStart);
  DemandNews news;
  EXPECT_EQ(calls(book, &news), 0);
  EXPECT_EQ(news.report.through, kStart);
  book.take(kPod, report(101, std::chrono::hours(1) + seconds(1), demand(1'000'002)),
            kStart + seconds(1));
  EXPECT_EQ(calls(book), 2);
}

TEST(DemandBook, ARestartedGatewayBeginsAnew) {
  struct Case {
    const char* instance;
    std::uint64_t sequence;
  };
  const WallTime later(std::chrono::hours(1) + seconds(42));
  for (const auto& [instance, sequence] : {Case{"gateway-1", 1}, Case{"other", 50}}) {
    DemandBook book;
    book.take(kPod, report(40, seconds(40), demand(100)), kStart);
    EXPECT_EQ(calls(book), 100);
    book.take(kPod, report(sequence, seconds(2), demand(7), instance, later), kStart + seconds(5));
    EXPECT_EQ(calls(book), 7) << instance;
  }
}

TEST(DemandBook, ATotalThatFellBeginsAnew) {
  DemandBook book;
  book.take(kPod, report(1, seconds(1), demand(100)), kStart);
  EXPECT_EQ(calls(book), 100);
  book.take(kPod, report(2, seconds(2), demand(4)), kStart + seconds(1));
  EXPECT_EQ(calls(book), 4);
}

TEST(DemandBook, SpilledCallsAreNoMoreThanCame) {
  DemandBook book;
  DeploymentDemand before = demand(10);
  book.take(kPod, report(1, seconds(1), before), kStart);
  calls(book);
  DeploymentDemand after = demand(12);
  after.spilled_calls = 5;  // three of them came before
  book.take(kPod, report(2, seconds(2), after), kStart + seconds(1));
  DemandNews news;
  EXPECT_EQ(calls(book, &news), 0);
  EXPECT_EQ(news.samples.at(0).spilled_calls, 2);
}

TEST(DemandBook, CompletedCallsFollowFromThoseThatAreLeft) {
  DemandBook book;
  DeploymentDemand before = demand(10);
  before.in_flight = 4;
  book.take(kPod, report(1, seconds(1), before), kStart);
  calls(book);
  DeploymentDemand after = demand(13);
  after.in_flight = 2;
  after.output_tokens = 500;
  book.take(kPod, report(2, seconds(2), after), kStart + seconds(1));
  DemandNews news;
  calls(book, &news);
  EXPECT_EQ(news.samples.at(0).completed_calls, 5);
  EXPECT_EQ(news.samples.at(0).completed_output_tokens, 500);
}

TEST(DemandBook, SaysWhoWaitsForAFirstReplica) {
  DemandBook book;
  DeploymentDemand waiting = demand(1);
  waiting.waiting_for_start = 1;
  EXPECT_EQ(book.take(kPod, report(1, seconds(1), demand(0)), kStart).waited_for,
            DemandBook::Names{});
  EXPECT_EQ(book.take(kPod, report(2, seconds(2), waiting), kStart + seconds(1)).waited_for,
            DemandBook::Names{kModel});
  DemandNews news;
  calls(book, &news);
  EXPECT_EQ(news.report.cold_start_calls, 1);
}

TEST(DemandBook, WhatLeftTheConfigurationWaitsForNothing) {
  DemandBook book;
  DeploymentDemand waiting = demand(1);
  waiting.queued = 3;
  book.take(kPod, report(1, seconds(1), waiting), kStart);
  DeploymentDemand other = demand(0);
  other.name = "other";
  book.take(kPod, report(2, seconds(2), other), kStart + seconds(1));
  DemandNews news;
  calls(book, &news);
  EXPECT_EQ(news.report.queued_calls, 0);
  EXPECT_EQ(news.report.fault, Fault::kNone);
}

TEST(DemandBook, SilenceIsAFault) {
  DemandBook book;
  DemandNews news;
  book.collect(kPod, kModel, news);
  EXPECT_EQ(news.report.fault, Fault::kMissing);
  book.failed(kPod, Fault::kUnreachable);
  book.collect(kPod, kModel, news);
  EXPECT_EQ(news.report.fault, Fault::kUnreachable);
  // One that has spoken is believed until its word is old: that is the rule's to judge.
  book.take(kPod, report(1, seconds(1), demand(1)), kStart);
  book.failed(kPod, Fault::kUnreachable);
  book.collect(kPod, kModel, news);
  EXPECT_EQ(scaling::judge(news.report, kStart + seconds(5)), Fault::kNone);
  EXPECT_EQ(scaling::judge(news.report, kStart + seconds(60)), Fault::kStale);
}

TEST(DemandBook, ForgetsPodsThatAreGone) {
  DemandBook book;
  book.take(kPod, report(1, seconds(1), demand(1)), kStart);
  EXPECT_EQ(book.speakers().at(kModel), DemandBook::Names{kPod});
  book.keep({"ns/another"});
  EXPECT_TRUE(book.speakers().empty());
}

}  // namespace
}  // namespace penstock::controller::autoscaler
