// The offline check of manifests: which lines it names, what it says, what it returns.
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/config/folder.h"
#include "app/validate/check.h"
#include "json/parse.h"

namespace penstock::app::validate {
namespace {

Report check_text(std::string_view text) {
  return check({json::parse_yaml(text, "t.yaml")});
}

std::string as_text(const Report& report) {
  std::ostringstream out;
  write_text(out, report);
  return out.str();
}

constexpr std::string_view kRoute = R"(apiVersion: penstock.dev/v1alpha1
kind: ModelRoute
metadata: {name: chat}
spec:
  gatewayRefs:
    - name: main
  tiers:
    - backends:
        - deploymentRef: {name: llama}
          wieght: 3
)";

TEST(Validate, NamesFileLineFieldAndRemedy) {
  const Report report = check_text(kRoute);
  EXPECT_EQ(report.exit_code(), 1);
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(as_text(report),
            "t.yaml:6: warning: ModelRoute default/chat: spec.gatewayRefs[0]: InferenceGateway "
            "default/main is not among these files\n"
            "    remedy: check the spelling; apply it too unless it exists in the cluster\n"
            "t.yaml:9: warning: ModelRoute default/chat: spec.tiers[0].backends[0].deploymentRef: "
            "ModelDeployment default/llama is not "
            "among these files\n"
            "    remedy: check the spelling; apply it too unless it exists in the cluster\n"
            "t.yaml:10: error: ModelRoute default/chat: unknown field "
            "\"spec.tiers[0].backends[0].wieght\"\n"
            "    value:  3\n"
            "    remedy: did you mean \"weight\"?\n"
            "1 object in 1 file: 1 error, 2 warnings\n");
}

TEST(Validate, JsonForScripts) {
  std::ostringstream out;
  write_json(out, check_text(kRoute));
  const auto parsed = json::parse(out.str());
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)["errors"], 1);
  EXPECT_EQ((*parsed)["warnings"], 2);
  const json::Value& last = (*parsed)["findings"][2];
  EXPECT_EQ(last["line"], 10);
  EXPECT_EQ(last["field"], "spec.tiers[0].backends[0].wieght");
  EXPECT_EQ(last["severity"], "error");
  EXPECT_EQ(last["remedy"], "did you mean \"weight\"?");
}

TEST(Validate, WarningsAloneAreGood) {
  std::string text(kRoute);
  text.replace(text.find("wieght"), 6, "weight");
  const Report report = check_text(text);
  EXPECT_EQ(report.count(Severity::kWarning), 2U);
  EXPECT_EQ(report.exit_code(), 0);
}

TEST(Validate, OtherKindsAreSkippedWithANote) {
  const Report report = check_text(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: ai}\nstringData: {a: b}\n");
  EXPECT_EQ(report.exit_code(), 0);
  EXPECT_EQ(as_text(report),
            "0 objects in 1 file: 0 errors, 0 warnings; not ours, skipped: Secret ai/keys\n");
}

TEST(Validate, UnreadableIsWorseThanWrong) {
  const Report report = check_text("a: [1\n---\nkind: ModelRoute\n");
  EXPECT_EQ(report.exit_code(), 2);
  EXPECT_EQ(report.count(Severity::kUnreadable), 1U);
  EXPECT_EQ(report.count(Severity::kError), 1U) << "the other document is still checked";
}

TEST(Validate, MisspeltKindsAndVersions) {
  const Report kind =
      check_text("apiVersion: penstock.dev/v1alpha1\nkind: ModelRout\nmetadata: {name: a}\n");
  ASSERT_EQ(kind.findings.size(), 1U);
  EXPECT_EQ(kind.findings[0].line, 2);
  EXPECT_EQ(kind.findings[0].message,
            "no matches for kind \"ModelRout\" in version \"penstock.dev/v1alpha1\"");
  EXPECT_EQ(kind.findings[0].remedy, "did you mean \"ModelRoute\"?");
  const Report version =
      check_text("apiVersion: penstock.dev/v1\nkind: ModelRoute\nmetadata: {name: a}\n");
  ASSERT_EQ(version.findings.size(), 1U);
  EXPECT_EQ(version.findings[0].line, 1);
  EXPECT_EQ(check_text("just text\n").exit_code(), 1);
}

TEST(Validate, ItemsOfAListAreObjects) {
  const Report report = check_text(
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: penstock.dev/v1alpha1\n  kind: Consumer\n "
      " metadata: {name: a}\n  spec:\n"
      "    credentials: []\n");
  EXPECT_EQ(report.checked, 1U);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].line, 8);
  EXPECT_EQ(report.findings[0].field, "spec.credentials");
}

constexpr std::string_view kShared = R"(apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {name: llama, namespace: models}
spec: {model: {name: llama}, engine: {}, sharedWith: [{namespace: SHARE}]}
---
apiVersion: penstock.dev/v1alpha1
kind: InferenceGateway
metadata: {name: main, namespace: apps}
spec: {listeners: [{name: http, port: 80}]}
---
apiVersion: penstock.dev/v1alpha1
kind: ModelRoute
metadata: {name: chat, namespace: apps}
spec: {gatewayRefs: [{name: main}], tiers: [{backends: [{deploymentRef: {name: llama, namespace: models}}]}]}
)";

std::string with(std::string_view text, std::string_view what, std::string_view by) {
  std::string out(text);
  out.replace(out.find(what), what.size(), by);
  return out;
}

TEST(Validate, ConsentAcrossNamespaces) {
  EXPECT_TRUE(check_text(with(kShared, "SHARE", "apps")).findings.empty());
  const Report report = check_text(with(kShared, "SHARE", "others"));
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].message,
            "ModelDeployment models/llama does not share itself with namespace apps");
  EXPECT_EQ(report.findings[0].remedy, "add sharedWith: [{namespace: apps}] to its spec");
  EXPECT_EQ(report.exit_code(), 0);
}

TEST(Validate, KeysOfSecretsAndObjectsDefinedTwice) {
  constexpr std::string_view kText = R"(apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {right: x}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {name: a}
spec: {credentials: [{name: k, apiKeySecretRef: {name: keys, key: wrong}}]}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {name: a}
spec: {credentials: [{name: k, apiKeySecretRef: {name: elsewhere, key: any}}]}
)";
  const Report report = check_text(kText);
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].message, "Secret default/keys has no key \"wrong\"");
  EXPECT_EQ(report.findings[1].message, "Consumer default/a is defined twice, first in t.yaml:6");
}

TEST(Validate, ShapesThatNobodyExpectsDoNotCrash) {
  for (const char* text :
       {"[]", "1", "{apiVersion: penstock.dev/v1alpha1, kind: ModelRoute}",
        "{apiVersion: 1, kind: []}",
        "{apiVersion: penstock.dev/v1alpha1, kind: ModelRoute, metadata: [], spec: []}",
        "{apiVersion: penstock.dev/v1alpha1, kind: ModelRoute, metadata: {name: 1, labels: 3}, "
        "spec: {tiers: {}}}",
        "{apiVersion: penstock.dev/v1alpha1, kind: ModelRoute, metadata: {name: a}, spec: {tiers: "
        "[[], null], gatewayRefs: [1]}}",
        "{apiVersion: v1, kind: List, items: [1, null, {}]}",
        "{apiVersion: v1, kind: Secret, metadata: 1, data: []}"}) {
    const Report report = check_text(text);
    EXPECT_FALSE(report.findings.empty() && report.skipped.empty()) << text;
  }
}

std::vector<json::YamlStream> read_folder(const std::filesystem::path& folder) {
  std::vector<json::YamlStream> files;
  for (const auto& path : config::list_manifests(folder)->files) {
    files.push_back(*json::read_yaml_file(path.string()));
  }
  return files;
}

// A story may point to another story's objects, so each folder alone may have warnings; together
// nothing is missing.
TEST(Examples, EveryFolderIsValid) {
  const std::filesystem::path root = PENSTOCK_SOURCE_DIR "/examples";
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (!entry.is_directory()) {
      continue;
    }
    ++folders;
    EXPECT_TRUE(std::filesystem::exists(entry.path() / "README.md")) << entry.path();
    const Report report = check(read_folder(entry.path()));
    EXPECT_GT(report.checked, 0U) << entry.path();
    EXPECT_EQ(report.exit_code(), 0) << entry.path() << "\n" << as_text(report);
  }
  EXPECT_GE(folders, 5U);
  for (const Finding& finding : check(read_folder(root)).findings) {
    EXPECT_EQ(finding.message.find("not among these files"), std::string::npos)
        << finding.file << ": " << finding.message;
  }
}

}  // namespace
}  // namespace penstock::app::validate
