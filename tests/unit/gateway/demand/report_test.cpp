#include "gateway/demand/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::gateway::demand {
namespace {

using namespace std::chrono_literals;

Report example() {
  Report report;
  report.gateway = "default/main";
  report.instance = "main-gateway-7f9c-abcde";
  report.sequence = 42;
  report.at = WallTime(1'700'000'000'123ms);
  report.window = 90s;
  report.deployments = {{.name_space = "default",
                         .name = "chat",
                         .arrivals = 1,
                         .prompt_tokens = 2,
                         .output_tokens = 3,
                         .spilled_calls = 4,
                         .spilled_tokens = 5,
                         .absorbed_calls = 6,
                         .absorbed_tokens = 7,
                         .in_flight = 8,
                         .queued = 9,
                         .waiting_for_start = 9'223'372'036'854'775'807},
                        {.name_space = "default", .name = "embed"},
                        {.name_space = "other", .name = "chat"}};
  return report;
}

TEST(Report, WhatIsWrittenIsReadBack) {
  const Report report = example();
  const std::string text = write_report(report);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto read = read_report(text);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, report);
}

TEST(Report, FieldsOfANewerGatewayAreIgnored) {
  auto json = nlohmann::json::parse(write_report(example()));
  json["fromTheFuture"] = {1, 2};
  json["deployments"][0]["mood"] = "good";
  const auto read = read_report(json.dump());
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, example());
}

TEST(Report, FaultsNameTheField) {
  struct Case {
    const char* pointer;
    nlohmann::json value;
    const char* expected;
  };
  const Case cases[] = {
      {"/gateway", 1, "gateway: expected 1 to 317 characters"},
      {"/gateway", "", "gateway: expected"},
      {"/instance", std::string(254, 'x'), "instance: expected 1 to 253"},
      {"/instance", "two words", "instance: expected"},
      {"/sequence", -1, "sequence: expected an integer"},
      {"/sequence", 1.5, "sequence: expected an integer"},
      {"/sequence", 9'223'372'036'854'775'808U, "sequence: expected an integer from 0"},
      {"/atMs", "now", "atMs: expected an integer"},
      {"/deployments", nlohmann::json::object(), "deployments: expected a list"},
      {"/deployments/1", 3, "deployments[1]: expected an object"},
      {"/deployments/1/name", "a\nb", "deployments[1].name: expected"},
      {"/deployments/0/namespace", std::string(64, 'n'), "deployments[0].namespace: expected"},
      {"/deployments/2/inFlight", -5, "deployments[2].inFlight: expected an integer"},
      {"/deployments/1/name", "chat", "deployments[1]: expected entries in the order"},
  };
  for (const Case& bad : cases) {
    auto json = nlohmann::json::parse(write_report(example()));
    json[nlohmann::json::json_pointer(bad.pointer)] = bad.value;
    const auto read = read_report(json.dump());
    ASSERT_FALSE(read) << bad.pointer;
    EXPECT_EQ(read.error().code(), Code::kInvalid);
    EXPECT_NE(read.error().message().find(bad.expected), std::string::npos)
        << bad.pointer << ": " << read.error().message();
  }
}

TEST(Report, EveryFieldMustBeThere) {
  const auto whole = nlohmann::json::parse(write_report(example()));
  for (const auto& [key, value] : whole.items()) {
    auto json = whole;
    json.erase(key);
    const auto read = read_report(json.dump());
    ASSERT_FALSE(read) << key;
    EXPECT_NE(read.error().message().find(key + ": expected a value; the field is missing"),
              std::string::npos)
        << read.error().message();
  }
  for (const auto& [key, value] : whole["deployments"][0].items()) {
    auto json = whole;
    json["deployments"][0].erase(key);
    const auto read = read_report(json.dump());
    ASSERT_FALSE(read) << key;
    EXPECT_NE(read.error().message().find("deployments[0]." + key), std::string::npos);
  }
}

TEST(Report, SizesAreBounded) {
  EXPECT_FALSE(read_report(""));
  EXPECT_FALSE(read_report("{"));
  EXPECT_FALSE(read_report("[]"));
  EXPECT_FALSE(read_report(std::string(100, '[')));
  const auto large = read_report(write_report(example()) + std::string(kLargestReport, ' '));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::kTooLarge);
  auto json = nlohmann::json::parse(write_report(example()));
  for (std::size_t i = 0; i <= kMostDeployments; ++i) {
    json["deployments"].push_back(0);
  }
  const auto many = read_report(json.dump());
  ASSERT_FALSE(many);
  EXPECT_NE(many.error().message().find("deployments: expected at most 10000"), std::string::npos)
      << many.error().message();
}

TEST(Report, AsManyDeploymentsAsAllowedFit) {
  Report report = example();
  report.deployments.clear();
  for (std::size_t i = 0; i < kMostDeployments; ++i) {
    const std::string digits = std::to_string(i);
    report.deployments.push_back(
        {.name_space = "default", .name = "m-" + std::string(5 - digits.size(), '0') + digits});
  }
  const auto read = read_report(write_report(report));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->deployments.size(), kMostDeployments);
}

}  // namespace
}  // namespace penstock::gateway::demand
