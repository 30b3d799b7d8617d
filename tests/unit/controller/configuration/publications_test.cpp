#include "controller/configuration/publications.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "tests/support/kube/fake_waiter.h"

namespace penstock::controller::configuration {
namespace {

kube::Object secret(const std::string& name, const std::string& version,
                    const std::string& content) {
  return kube::Object(json::Value{{"metadata",
                                   {{"name", name},
                                    {"namespace", "team-a"},
                                    {"resourceVersion", version},
                                    {"labels", {{"penstock.dev/inference-gateway", "main"}}}}},
                                  {"data", {{"snapshot.json", base64_encode(content)}}}});
}

class PublicationsTest : public testing::Test {
 protected:
  PublicationPtr look(std::uint64_t known = 0, const std::string& gateway = "main",
                      const std::string& name_space = "team-a") {
    return publications_.wait_for({name_space, gateway}, known, waiter_.now(), {});
  }

  test::FakeWaiter waiter_;
  Publications publications_{waiter_};
};

TEST_F(PublicationsTest, SecretsOfGatewaysAreOffered) {
  publications_.seen(kube::Added{secret("main-snapshot", "7", "first")});
  ASSERT_TRUE(look());
  EXPECT_EQ(look()->version, 7U);
  EXPECT_EQ(look()->bytes, "first");
  publications_.seen(
      kube::Updated{secret("main-snapshot", "7", "first"), secret("main-snapshot", "8", "second")});
  EXPECT_EQ(look(7)->bytes, "second");
}

TEST_F(PublicationsTest, OnlyToTheGatewayThatTheyAreOf) {
  publications_.seen(kube::Added{secret("main-snapshot", "7", "first")});
  EXPECT_FALSE(look(0, "other"));
  EXPECT_FALSE(look(0, "main", "team-b"));
  EXPECT_FALSE(look(0, "main-snapshot"));
}

TEST_F(PublicationsTest, WhatIsKnownIsNotNews) {
  publications_.seen(kube::Added{secret("main-snapshot", "7", "first")});
  EXPECT_FALSE(look(7));
  EXPECT_TRUE(look(6));
  EXPECT_TRUE(look(8));  // a server that was restored: the reader judges
}

TEST_F(PublicationsTest, WaitsUntilTheDeadline) {
  const SteadyTime start = waiter_.now();
  EXPECT_FALSE(publications_.wait_for({"team-a", "main"}, 0, start + std::chrono::seconds(10), {}));
  EXPECT_EQ(waiter_.now() - start, std::chrono::seconds(10));
}

TEST_F(PublicationsTest, DeletedOnesAreGone) {
  publications_.seen(kube::Added{secret("main-snapshot", "7", "first")});
  publications_.seen(kube::Deleted{secret("main-snapshot", "8", "first")});
  EXPECT_FALSE(look());
}

TEST_F(PublicationsTest, WhatIsNoConfigurationIsLeftOut) {
  json::Value plain = secret("main-snapshot", "7", "x").value();
  plain["metadata"].erase("labels");
  publications_.seen(kube::Added{kube::Object(plain)});
  publications_.seen(kube::Added{secret("main-snapshot", "7", "")});
  publications_.seen(kube::Added{secret("main-snapshot", "abc", "x")});
  json::Value identity = secret("main-identity", "9", "x").value();
  identity["data"] = {{"tls.key", "eA=="}};
  publications_.seen(kube::Added{kube::Object(identity)});
  json::Value broken = secret("main-snapshot", "7", "x").value();
  broken["data"]["snapshot.json"] = "***";
  publications_.seen(kube::Added{kube::Object(broken)});
  EXPECT_FALSE(look());
}

}  // namespace
}  // namespace penstock::controller::configuration
