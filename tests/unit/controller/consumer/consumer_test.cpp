#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/consumer/decide.h"
#include "controller/consumer/reasons.h"
#include "controller/consumer/status.h"
#include "json/write.h"
#include "json/yaml.h"
#include "runtime/conditions.h"

namespace penstock::controller::consumer {
namespace {

const WallTime kNow(std::chrono::seconds(1'700'000'000));  // 2023-11-14

crd::Consumer consumer_of(const std::string& name, const std::string& spec) {
  return crd::parse_consumer({{"apiVersion", "penstock.dev/v1alpha1"},
                              {"kind", "Consumer"},
                              {"metadata", {{"name", name}, {"namespace", "team"}}},
                              {"spec", *json::parse_yaml(spec, "x").documents.at(0).value}})
      .value();
}

Input input_of(const std::string& spec) {
  Input input;
  input.object = consumer_of("app", spec);
  input.now = kNow;
  return input;
}

void add_secret(Input& input, const std::string& name, const std::string& key) {
  ASSERT_TRUE(input.secrets.add(
      {{"metadata", {{"namespace", "team"}, {"name", name}}}, {"stringData", {{"key", key}}}}));
}

std::string shown(const crd::consumer::Status& status, std::string_view type) {
  for (const auto& item : status.conditions) {
    EXPECT_TRUE(std::ranges::find(kReasons, item.reason, &Reason::name) != kReasons.end())
        << item.reason << " is not in the table of reasons";
  }
  const auto* condition = runtime::find_condition(status.conditions, type);
  return condition == nullptr ? "" : condition->status + " " + condition->reason;
}

constexpr const char* kOne = "{credentials: [{name: a, apiKeySecretRef: {name: s1, key: key}}]}";
constexpr const char* kTwo =
    "{credentials: [{name: a, apiKeySecretRef: {name: s1, key: key}}, {name: b, apiKeySecretRef: "
    "{name: s2, key: key}}]}";

TEST(Consumer, IsReadyWithItsKey) {
  Input input = input_of(kOne);
  add_secret(input, "s1", "psk-1");
  const auto status = status_of(input, decide(input));
  EXPECT_EQ(shown(status, "Ready"), "True Ready");
  ASSERT_EQ(status.credentials.size(), 1U);
  EXPECT_TRUE(status.credentials[0].accepted);
  EXPECT_EQ(status.credentials[0].key_prefix, sha256_hex("psk-1").substr(0, 8));
}

TEST(Consumer, SaysWhichSecretIsMissing) {
  const Input input = input_of(kOne);
  const auto status = status_of(input, decide(input));
  EXPECT_EQ(shown(status, "Accepted"), "False SecretNotFound");
  EXPECT_EQ(shown(status, "Ready"), "False SecretNotFound");
  EXPECT_NE(runtime::find_condition(status.conditions, "Ready")->message.find("team/s1"),
            std::string::npos);
}

TEST(Consumer, OneUsableKeyIsEnough) {
  Input input = input_of(kTwo);
  add_secret(input, "s2", "psk-2");
  const auto status = status_of(input, decide(input));
  EXPECT_EQ(shown(status, "Accepted"), "True SomeCredentialsUnusable");
  EXPECT_EQ(shown(status, "Ready"), "True Ready");
  EXPECT_EQ(status.credentials[0].reason, "SecretNotFound");
  EXPECT_TRUE(status.credentials[1].accepted);
}

TEST(Consumer, AKeyBelongsToTheFirstByName) {
  Input input = input_of(kOne);
  add_secret(input, "s1", "psk-same\n");
  add_secret(input, "s2", "psk-same");
  input.rivals.push_back(
      consumer_of("aaa", "{credentials: [{name: x, apiKeySecretRef: {name: s2, key: key}}]}"));
  EXPECT_EQ(shown(status_of(input, decide(input)), "Ready"), "False KeyShared");
  input.rivals[0].metadata.name = "zzz";
  EXPECT_EQ(shown(status_of(input, decide(input)), "Ready"), "True Ready");
}

TEST(Consumer, NoKeyLeavesTheSecret) {
  Input input = input_of(kTwo);
  add_secret(input, "s1", "psk-very-secret");
  add_secret(input, "s2", "psk-very-secret");
  input.rivals.push_back(
      consumer_of("aaa", "{credentials: [{name: x, apiKeySecretRef: {name: s2, key: key}}]}"));
  const auto status = status_of(input, decide(input));
  const std::string text = json::write(status_intent(input.object, status).value());
  EXPECT_EQ(text.find("psk-very-secret"), std::string::npos);
  EXPECT_EQ(text.find(sha256_hex("psk-very-secret")), std::string::npos);
}

TEST(Consumer, SuspensionAndExpiryBar) {
  Input input = input_of(
      "{suspended: true, credentials: [{name: a, apiKeySecretRef: {name: s1, "
      "key: key}}]}");
  add_secret(input, "s1", "psk-1");
  EXPECT_EQ(shown(status_of(input, decide(input)), "Ready"), "False Suspended");
  input.object.spec.suspended = false;
  input.object.spec.expires_at = kNow;
  EXPECT_EQ(shown(status_of(input, decide(input)), "Ready"), "False Expired");
}

TEST(Consumer, LooksAgainWhenTheExpiryComes) {
  Input input = input_of(kOne);
  EXPECT_FALSE(decide(input).look_again);
  input.object.spec.expires_at = kNow + std::chrono::seconds(90);
  EXPECT_EQ(decide(input).look_again, std::chrono::seconds(90));
  input.object.spec.expires_at = kNow + std::chrono::hours(24 * 365);
  EXPECT_EQ(decide(input).look_again, std::chrono::hours(1));
}

TEST(Consumer, OtherCredentialsAreNotKnownYet) {
  const Input input = input_of("{credentials: [{name: a, jwt: {issuer: i, match: {azp: x}}}]}");
  EXPECT_EQ(shown(status_of(input, decide(input)), "Accepted"), "False NotSupported");
}

}  // namespace
}  // namespace penstock::controller::consumer
