// What the tables of cases cannot say: numbers as JSON text gives them, places, and no crash on
// anything.
#include "crd/validate.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/parse.h"

namespace penstock::crd {
namespace {

json::Value gateway(std::string_view listener) {
  return *json::parse(
      R"({"apiVersion":"penstock.dev/v1alpha1","kind":"InferenceGateway","metadata":{"name":"a"},)"
      R"("spec":{"listeners":[)" +
      std::string(listener) + "]}}");
}

// The JSON parser makes unsigned numbers of what YAML makes signed ones.
TEST(Validate, NumbersFromJsonText) {
  EXPECT_TRUE(validate(gateway(R"({"name":"a","port":80})")).empty());
  const auto zero = validate(gateway(R"({"name":"a","port":0})"));
  ASSERT_EQ(zero.size(), 1U);
  EXPECT_EQ(
      zero[0].message,
      "Invalid value: 0: spec.listeners[0].port in body should be greater than or equal to 1");
  EXPECT_EQ(validate(gateway(R"({"name":"a","port":18446744073709551615})")).size(), 1U);
  EXPECT_EQ(validate(gateway(R"({"name":"a","port":-1})")).size(), 1U);
}

TEST(Validate, PlacesAreGivenBothWays) {
  const auto violations = validate(gateway(R"({"name":"a","port":80,"a/b":1})"));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].path, "spec.listeners[0].a/b");
  EXPECT_EQ(violations[0].pointer, "/spec/listeners/0/a~1b");
  EXPECT_EQ(violations[0].value, "1");
}

TEST(Validate, LongValuesAreShortened) {
  const auto violations =
      validate(gateway(R"({"name":")" + std::string(500, 'x') + R"(","port":80})"));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_LT(violations[0].value.size(), 80U);
}

TEST(Validate, OtherGroupsAndShapes) {
  EXPECT_EQ(validate(json::Value()).size(), 1U);
  EXPECT_EQ(validate(json::Value::array()).size(), 1U);
  const auto other = validate(*json::parse(R"({"apiVersion":"v1","kind":"Secret"})"));
  ASSERT_EQ(other.size(), 1U);
  EXPECT_EQ(other[0].message, "no matches for kind \"Secret\" in version \"v1\"");
}

TEST(Validate, RulesWaitUntilTheSchemaHolds) {
  const auto violations =
      validate(gateway(R"({"name":"a","port":80,"protocol":"HTTPS"},{"port":80})"));
  ASSERT_EQ(violations.size(), 1U) << "only the missing name; the certificate is asked for later";
  EXPECT_EQ(violations[0].path, "spec.listeners[1].name");
}

TEST(Validate, ClusterWideKindsHaveNoNamespace) {
  const auto violations = validate(*json::parse(
      R"({"apiVersion":"penstock.dev/v1alpha1","kind":"PriceBook","metadata":{"name":"a","namespace":"b"},)"
      R"("spec":{"entries":[{"model":"*","effectiveFrom":"2026-01-01T00:00:00Z","perRequest":1}]}})"));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].path, "metadata.namespace");
}

}  // namespace
}  // namespace penstock::crd
