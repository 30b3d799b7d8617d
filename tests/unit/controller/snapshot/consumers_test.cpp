#include "controller/snapshot/consumers.h"

#include "manifest_resources.h"

namespace penstock::controller::snapshot {
namespace {

struct Outcome {
  gateway::snapshot::Document document;
  Problems problems;
};

Outcome run(const std::string& yaml) {
  Resources resources;
  add_manifests(resources, yaml);
  Outcome out;
  apply_consumers(resources.consumers, resources.secrets, out.document, out.problems);
  return out;
}

std::string consumer(const std::string& name, const std::string& key,
                     const std::string& extra = "") {
  return "---\nkind: Secret\nmetadata: {name: " + name + "}\nstringData: {k: \"" + key +
         "\"}\n---\nkind: Consumer\nmetadata: {name: " + name +
         "}\nspec:\n  credentials: [{name: one, apiKeySecretRef: {name: " + name + ", key: k}}]\n" +
         extra;
}

TEST(Consumers, ASharedKeyBelongsToTheFirstByName) {
  const Outcome out = run(consumer("zoe", "same") + consumer("amy", "same"));
  ASSERT_EQ(out.document.api_keys.size(), 1U);
  EXPECT_EQ(out.document.consumers[out.document.api_keys[0].consumer].name, "default/amy");
  ASSERT_EQ(out.problems.size(), 1U);
  EXPECT_EQ(out.problems[0].reason, kKeyShared);
  EXPECT_EQ(out.problems[0].object.name, "zoe");
  EXPECT_EQ(out.problems[0].message.find("same\""), std::string::npos)
      << "the key itself is never named";
}

TEST(Consumers, TwoKeysOfOneConsumerAreARotation) {
  const Outcome out = run(R"(
kind: Secret
metadata: {name: s}
stringData: {old: a, new: b, again: a}
---
kind: Consumer
metadata: {name: c}
spec:
  credentials:
    - {name: old, apiKeySecretRef: {name: s, key: old}}
    - {name: new, apiKeySecretRef: {name: s, key: new}}
    - {name: again, apiKeySecretRef: {name: s, key: again}}
)");
  EXPECT_TRUE(out.problems.empty());
  EXPECT_EQ(out.document.api_keys.size(), 2U);
}

TEST(Consumers, AnEmptyKeyIsNoKey) {
  const Outcome out = run(consumer("a", "  \\n"));
  EXPECT_TRUE(out.document.api_keys.empty());
  EXPECT_EQ(out.problems.at(0).reason, kEmptyKey);
}

TEST(Consumers, SuspendedMeansKnownAndRefusedEverything) {
  const Outcome out = run(consumer("a", "k", "  suspended: true\n"));
  ASSERT_TRUE(out.document.consumers[0].allowed_models.has_value());
  EXPECT_TRUE(out.document.consumers[0].allowed_models->empty());
  EXPECT_EQ(out.document.api_keys.size(), 1U);
}

TEST(Consumers, PrioritiesAreWordsOrNumbers) {
  const std::pair<const char*, int> rows[] = {
      {"Interactive", 100}, {"Standard", 0}, {"Batch", -100}, {"42", 42}, {"-7", -7}};
  for (const auto& [text, expected] : rows) {
    EXPECT_EQ(run(consumer("a", "k", std::string("  priority: ") + text + "\n"))
                  .document.consumers[0]
                  .priority,
              expected)
        << text;
  }
}

TEST(Consumers, OtherCredentialsAreReported) {
  const Outcome out = run(R"(
kind: Consumer
metadata: {name: c}
spec: {credentials: [{name: token, jwt: {issuer: entra, match: {azp: x}}}]}
)");
  ASSERT_EQ(out.problems.size(), 1U);
  EXPECT_EQ(out.problems[0].field, "/spec/credentials/0");
  EXPECT_EQ(out.document.consumers.size(), 1U);
}

}  // namespace
}  // namespace penstock::controller::snapshot
