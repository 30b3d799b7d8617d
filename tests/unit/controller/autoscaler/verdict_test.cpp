#include "controller/autoscaler/verdict.h"

#include <set>

#include <gtest/gtest.h>

#include "controller/autoscaler/reasons.h"
#include "scaling_given.h"

namespace penstock::controller::autoscaler {
namespace {

using scaling::Block;
using scaling::Decision;
using scaling::Fault;

Decision decision(int to, Block block = Block::kNone, Fault fault = Fault::kNone) {
  Decision out;
  out.to = to;
  out.block = block;
  out.fault = fault;
  return out;
}

TEST(Verdict, TheNearestCauseFirst) {
  const auto scaled = asked_of("{minReplicas: 0, maxReplicas: 4}");
  Decision unreachable = decision(2);
  unreachable.objectives_unreachable = true;
  struct Row {
    Asked asked;
    Decision decision;
    std::string_view reason;
    bool active;
  };
  for (const Row& row : {
           Row{scaled, decision(2), kActive, true},
           Row{scaled, decision(0), kAsleep, true},
           Row{scaled, decision(0, Block::kNone, Fault::kStale), kAsleep, true},
           Row{scaled, decision(4, Block::kMaxReplicas), kAtMaximum, true},
           Row{scaled, decision(2, Block::kStabilization), kActive, true},
           Row{scaled, unreachable, kObjectivesUnreachable, true},
           Row{scaled, decision(4, Block::kMaxReplicas, Fault::kUnreachable), kMetricsUnavailable,
               false},
           Row{asked_of(""), decision(1, Block::kNone, Fault::kStale), kNotConfigured, false},
           Row{asked_of("{maxReplicas: 4}", ", replicas: 2"), decision(2), kFixedReplicas, false},
           Row{asked_of("{maxReplicas: 4, dryRun: true}"), decision(2), kDryRun, false},
           Row{asked_of("{maxReplicas: 4, dryRun: true}", ", replicas: 2"), decision(0), kDryRun,
               false},
       }) {
    const auto verdict = verdict_of(row.asked, row.decision, "p");
    EXPECT_EQ(verdict.reason, row.reason);
    EXPECT_EQ(verdict.active, row.active) << row.reason;
    EXPECT_FALSE(verdict.message.empty());
  }
}

TEST(Verdict, NamesWhoIsSilent) {
  const auto asked = asked_of("{maxReplicas: 4}");
  auto seen = decision(2, Block::kNone, Fault::kUnreachable);
  EXPECT_NE(verdict_of(asked, seen, "llama-7").message.find("engine llama-7 cannot be reached"),
            std::string::npos);
  seen.fault_at_gateway = true;
  EXPECT_NE(verdict_of(asked, seen, "main-1").message.find("gateway main-1"), std::string::npos);
  const auto dry = asked_of("{maxReplicas: 4, dryRun: true}");
  EXPECT_NE(verdict_of(dry, seen, "main-1").message.find("gateway main-1"), std::string::npos);
}

TEST(Verdict, WhatAMomentBringsMustLast) {
  EXPECT_EQ(patience(kActive, kAsleep).count(), 0);
  EXPECT_EQ(patience(kActive, kFixedReplicas).count(), 0);
  EXPECT_GT(patience(kActive, kMetricsUnavailable).count(), 0);
  EXPECT_GT(patience(kMetricsUnavailable, kActive).count(), 0);
  EXPECT_GT(patience(kActive, kAtMaximum).count(), 0);
}

TEST(Reasons, EachOnceAndAllInTheTable) {
  std::set<std::string_view> table;
  for (const auto& reason : kReasons) {
    EXPECT_TRUE(table.insert(reason.name).second) << reason.name;
  }
  for (const auto reason :
       {kActive, kAsleep, kAtMaximum, kObjectivesUnreachable, kMetricsUnavailable, kFixedReplicas,
        kNotConfigured, kDryRun, kScaledUp, kScaledDown, kScaledToZero, kWoken, kRecommended}) {
    EXPECT_TRUE(table.contains(reason)) << reason;
  }
}

}  // namespace
}  // namespace penstock::controller::autoscaler
