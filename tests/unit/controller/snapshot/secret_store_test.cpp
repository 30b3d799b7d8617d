#include "controller/snapshot/secret_store.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::controller::snapshot {
namespace {

json::Value secret(const char* fields) {
  auto object = json::Value::parse(fields);
  object["metadata"] = {{"name", "s"}};
  return object;
}

TEST(SecretStore, ReadsBothForms) {
  SecretStore store;
  ASSERT_TRUE(store.add(
      secret(R"({"data": {"a": "aGVsbG8=", "b": "eA==", "c": ""}, "stringData": {"b": "wins"}})")));
  EXPECT_EQ(store.get("default", "s", "a")->reveal(), "hello");
  EXPECT_EQ(store.get("default", "s", "b")->reveal(), "wins");
  EXPECT_EQ(store.get("default", "s", "c")->reveal(), "");
}

TEST(SecretStore, SaysWhatIsMissing) {
  SecretStore store;
  ASSERT_TRUE(store.add(secret(R"({"stringData": {"a": "1", "b": "2"}})")));
  EXPECT_EQ(store.get("default", "s", "z").error().message(),
            "Secret default/s has no key \"z\"; it has a, b");
  EXPECT_EQ(store.get("other", "s", "a").error().message(),
            "Secret other/s does not exist; create it with the key \"a\"");
}

TEST(SecretStore, RefusesWhatIsNotBase64) {
  SecretStore store;
  for (const char* text : {"!!", "abc", "a=bc", "====", "plain-text"}) {
    auto object = secret("{}");
    object["data"]["a"] = text;
    EXPECT_FALSE(store.add(object).has_value()) << text;
  }
  EXPECT_FALSE(store.add(secret(R"({"stringData": {"a": 1}})")).has_value());
}

TEST(SecretStore, BinaryDataSurvives) {
  SecretStore store;
  ASSERT_TRUE(store.add(secret(R"({"data": {"a": "AP/+"}})")));
  EXPECT_EQ(store.get("default", "s", "a")->reveal(), std::string_view("\x00\xff\xfe", 3));
}

}  // namespace
}  // namespace penstock::controller::snapshot
