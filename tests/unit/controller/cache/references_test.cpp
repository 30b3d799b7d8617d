#include "controller/cache/references.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/secret.h"
#include "json/yaml.h"

namespace penstock::controller::cache {
namespace {

kube::Object object_of(const std::string& yaml) {
  return kube::Object(*json::parse_yaml(yaml, "x").documents.at(0).value);
}

using Names = std::vector<std::string>;

TEST(References, FindSecretsWhereverTheyAreNamed) {
  EXPECT_EQ(secrets_of(object_of("{spec: {engine: {env: [{name: A, secretKeyRef: {name: one}}], "
                                 "source: {huggingFace: {tokenSecretRef: {name: two}}}, "
                                 "podTemplate: {x: {fooSecretRef: {name: no}}}}, "
                                 "credentials: [{apiKeySecretRef: {name: three}}]}}")),
            (Names{"one", "three", "two"}));
  EXPECT_TRUE(secrets_of(object_of("{}")).empty());
}

TEST(References, FindDeploymentsAndGatewaysOfARoute) {
  const auto route = object_of(
      "{metadata: {namespace: team, name: r}, spec: {gatewayRefs: [{name: g}, {name: h, "
      "namespace: x}], tiers: [{backends: [{deploymentRef: {name: a}}]}], canary: "
      "{deploymentRef: {name: b, namespace: far}}}}");
  EXPECT_EQ(deployments_of(route), (Names{"far/b", "team/a"}));
  EXPECT_EQ(gateways_of(route), (Names{"team/g", "x/h"}));
}

TEST(References, EqualKeysHaveEqualDigests) {
  const auto secret = [](const std::string& value) {
    return kube::Object({{"data", {{"key", base64_encode(value)}}}});
  };
  EXPECT_EQ(key_digests(secret("psk-1\n")), Names{sha256_hex("psk-1")});
  EXPECT_EQ(key_digests(secret("psk-1")), key_digests(secret(" psk-1\n")));
  EXPECT_TRUE(key_digests(kube::Object({{"data", {{"key", "no base64!"}}}})).empty());
  EXPECT_TRUE(key_digests(object_of("{data: 7}")).empty());
}

TEST(References, KnowClients) {
  EXPECT_EQ(clients_of(object_of("{spec: {client: {fallbackRef: {name: a}}}}")),
            Names{std::string(kAnyClient)});
  EXPECT_TRUE(clients_of(object_of("{spec: {engine: {image: i}}}")).empty());
}

TEST(References, FindTheProfile) {
  EXPECT_EQ(profiles_of(object_of("{spec: {engine: {accelerator: {profile: h100}}}}")),
            Names{"h100"});
  EXPECT_TRUE(profiles_of(object_of("{spec: {provider: {}}}")).empty());
}

}  // namespace
}  // namespace penstock::controller::cache
