#include "app/standalone/judge.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/config/manifests.h"

namespace penstock::app::standalone {
namespace {

config::Manifests read(const std::string& yaml) {
  return config::merge({}, {json::parse_yaml(yaml, "t.yaml")}, judge);
}

TEST(Judge, AMisspeltFieldIsNamedWithItsLine) {
  const auto manifests = read(R"(apiVersion: penstock.dev/v1alpha1
kind: ModelRoute
metadata: {name: r}
spec:
  gatewayRefs: [{name: main}]
  tears:
    - backends: [{deploymentRef: {name: a}}]
)");
  ASSERT_FALSE(manifests.complaints.empty());
  bool named = false;
  for (const auto& complaint : manifests.complaints) {
    named = named || (complaint.message.find("tears") != std::string::npos && complaint.line == 6);
  }
  EXPECT_TRUE(named) << to_string(manifests.complaints[0]);
  EXPECT_TRUE(manifests.objects.empty());
}

TEST(Judge, SecretsAreReadAndOtherKindsPass) {
  const auto manifests = read(R"(apiVersion: v1
kind: Secret
metadata: {name: good}
stringData: {a: b}
---
apiVersion: v1
kind: Secret
metadata: {name: bad}
data: {a: "not base64!"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: whatever}
spec: {anything: goes}
---
apiVersion: penstock.dev/v1alpha1
kind: NoSuchKind
metadata: {name: x}
)");
  ASSERT_EQ(manifests.complaints.size(), 2U);
  EXPECT_NE(manifests.complaints[0].message.find("data.a"), std::string::npos);
  EXPECT_NE(manifests.complaints[1].message.find("NoSuchKind"), std::string::npos);
  EXPECT_EQ(manifests.objects.size(), 2U);
  EXPECT_TRUE(is_ignored({"Deployment", "default", "whatever"}));
  EXPECT_FALSE(is_ignored({"Secret", "default", "good"}));
}

TEST(Judge, ObjectsAreTypedWithTheNamespaceThatKubectlWouldFillIn) {
  const auto manifests = read(R"(apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {name: c}
spec: {credentials: [{name: k, apiKeySecretRef: {name: s, key: k}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {k: secret}
---
apiVersion: v1
kind: Namespace
metadata: {name: team, labels: {tier: gold}}
)");
  ASSERT_TRUE(manifests.complaints.empty()) << to_string(manifests.complaints[0]);
  const auto resources = resources_of(manifests);
  ASSERT_EQ(resources.consumers.size(), 1U);
  EXPECT_EQ(resources.consumers[0].metadata.full_name(), "default/c");
  EXPECT_EQ(resources.secrets.get("default", "s", "k")->reveal(), "secret");
  EXPECT_EQ(resources.namespaces.at("team").at("tier"), "gold");
}

}  // namespace
}  // namespace penstock::app::standalone
