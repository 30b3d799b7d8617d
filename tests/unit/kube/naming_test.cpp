// Paths, objects, versions, URLs, queries: the words of the API.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "kube/query.h"
#include "kube/resource.h"
#include "kube/server_url.h"

namespace penstock::kube {
namespace {

TEST(Resource, PathsOfEveryShape) {
  EXPECT_EQ(object_path(resources::kDeployments, {"team-a", "engine"}, "status"),
            "/apis/apps/v1/namespaces/team-a/deployments/engine/status");
  EXPECT_EQ(object_path(resources::kSecrets, {"ns", "s"}), "/api/v1/namespaces/ns/secrets/s");
  EXPECT_EQ(collection_path(resources::kPods, ""), "/api/v1/pods");
  EXPECT_EQ(object_path(resources::kNodes, {"", "n1"}), "/api/v1/nodes/n1");
  EXPECT_EQ(collection_path(resources::kPriceBooks, "ignored"),
            "/apis/penstock.dev/v1alpha1/pricebooks");
}

TEST(Resource, NamesFromOutsideCannotLeaveTheirSegment) {
  EXPECT_EQ(object_path(resources::kSecrets, {"a/b", "../x?y#z"}),
            "/api/v1/namespaces/a%2Fb/secrets/..%2Fx%3Fy%23z");
}

TEST(Query, LeavesEmptyValuesOutAndEncodesTheRest) {
  EXPECT_EQ(Query().text(), "");
  EXPECT_EQ(Query().add("a", "").add("labelSelector", "x in (1,2)").add("b", "c").text(),
            "?labelSelector=x%20in%20%281%2C2%29&b=c");
}

TEST(Version, ComparesAsNumbersOfAnyLength) {
  EXPECT_TRUE(version_less("9", "10"));
  EXPECT_TRUE(version_less("", "1"));
  EXPECT_TRUE(version_less("18446744073709551615", "18446744073709551616"));
  EXPECT_FALSE(version_less("10", "10"));
  EXPECT_FALSE(version_less("100", "99"));
}

TEST(Object, ReadsMetadataAndToleratesAnything) {
  const Object pod(json::Value::parse(R"({"metadata":{"name":"p","namespace":"n","uid":"u",
    "resourceVersion":"7","generation":9007199254740993,"deletionTimestamp":"2026-01-01T00:00:00Z",
    "labels":{"a":"b"},"ownerReferences":[{"kind":"Job","name":"j","uid":"1"},
    {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"2","controller":true}]}})"));
  EXPECT_EQ(pod.key().full_name(), "n/p");
  EXPECT_EQ(pod.generation(), 9007199254740993);  // beyond what a double can hold
  EXPECT_TRUE(pod.deleting());
  EXPECT_EQ(pod.label("a"), "b");
  EXPECT_EQ(pod.label("c"), std::nullopt);
  ASSERT_TRUE(pod.controller_owner());
  EXPECT_EQ(pod.controller_owner()->uid, "2");
  for (const char* odd : {"3", "[]", "{}", R"({"metadata":3})", R"({"metadata":{"name":4}})",
                          R"({"metadata":{"labels":[],"ownerReferences":{}}})"}) {
    const Object object(json::Value::parse(odd));
    EXPECT_EQ(object.name(), "");
    EXPECT_EQ(object.label("a"), std::nullopt);
    EXPECT_FALSE(object.controller_owner());
  }
  EXPECT_TRUE(Object().empty());
  EXPECT_EQ(Object().uid(), "");
}

TEST(Object, BookkeepingIsStrippedAndTheRestSurvives) {
  auto value = json::Value::parse(R"({"metadata":{"managedFields":[1],"annotations":
    {"kubectl.kubernetes.io/last-applied-configuration":"x"}},"spec":{"unknown":12345678901234567890}})");
  strip_bookkeeping(value);
  EXPECT_EQ(value.dump(), R"({"metadata":{},"spec":{"unknown":12345678901234567890}})");
}

TEST(ServerUrl, ReadsHostsPortsAndPaths) {
  const auto plain = parse_server_url("https://10.0.0.1:6443", "server").value();
  EXPECT_TRUE(plain.tls && plain.is_address());
  EXPECT_EQ(plain.port, 6443);
  const auto v6 = parse_server_url("https://[fd00::1]/k8s/clusters/c1/", "server").value();
  EXPECT_EQ(v6.host, "fd00::1");
  EXPECT_TRUE(v6.is_address());
  EXPECT_EQ(v6.port, 443);
  EXPECT_EQ(v6.path, "/k8s/clusters/c1");
  EXPECT_FALSE(parse_server_url("http://localhost", "server").value().tls);
  for (const char* bad : {"", "10.0.0.1", "ftp://x", "https://", "https://h:0", "https://h:70000",
                          "https://h:x", "https://[::1", "https://user@h"}) {
    const auto url = parse_server_url(bad, "server");
    ASSERT_FALSE(url) << bad;
    EXPECT_NE(url.error().message().find("https://10.0.0.1:6443"), std::string::npos);
  }
}

}  // namespace
}  // namespace penstock::kube
