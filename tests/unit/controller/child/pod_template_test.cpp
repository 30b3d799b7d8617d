#include "controller/child/pod_template.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/parse.h"

namespace penstock::controller::child {
namespace {

json::Value parsed(std::string_view text) {
  return json::parse(text).value();
}

const json::Value kBase = parsed(R"({
  "metadata": {"labels": {"app": "x"}},
  "spec": {
    "terminationGracePeriodSeconds": 300,
    "tolerations": [{"key": "a"}],
    "volumes": [{"name": "tmp", "emptyDir": {}}],
    "containers": [{"name": "engine", "image": "i", "args": ["a"],
                    "env": [{"name": "PORT", "value": "8000"}],
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}]}})");

struct Row {
  const char* name;
  const char* extra;
  const char* pointer;
  const char* expected;  ///< JSON
};

class MergePodTemplate : public testing::TestWithParam<Row> {};

TEST_P(MergePodTemplate, GivesTheValue) {
  json::Value base = kBase;
  merge_pod_template(base, parsed(GetParam().extra));
  const json::Value::json_pointer at(GetParam().pointer);
  ASSERT_TRUE(base.contains(at)) << base.dump(2);
  EXPECT_EQ(base.at(at), parsed(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MergePodTemplate,
    testing::Values(
        Row{"ScalarReplaces", R"({"spec": {"terminationGracePeriodSeconds": 5}})",
            "/spec/terminationGracePeriodSeconds", "5"},
        Row{"ContainerMergesByName",
            R"({"spec": {"containers": [{"name": "engine", "image": "j"}]}})", "/spec/containers",
            R"([{"name": "engine", "image": "j", "args": ["a"],
                 "env": [{"name": "PORT", "value": "8000"}],
                 "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}])"},
        Row{"SidecarIsAdded", R"({"spec": {"containers": [{"name": "proxy", "image": "p"}]}})",
            "/spec/containers/1/name", R"("proxy")"},
        Row{"PlainListIsReplaced",
            R"({"spec": {"containers": [{"name": "engine", "args": ["b", "c"]}]}})",
            "/spec/containers/0/args", R"(["b", "c"])"},
        Row{"EnvOfOneNameIsReplacedWhole",
            R"({"spec": {"containers": [{"name": "engine",
                "env": [{"name": "PORT", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}]}})",
            "/spec/containers/0/env",
            R"([{"name": "PORT", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}])"},
        Row{"VolumeOfOneNameChangesItsSource",
            R"({"spec": {"volumes": [{"name": "tmp", "hostPath": {"path": "/x"}}]}})",
            "/spec/volumes", R"([{"name": "tmp", "hostPath": {"path": "/x"}}])"},
        Row{"TolerationsAreAppended", R"({"spec": {"tolerations": [{"key": "b"}]}})",
            "/spec/tolerations", R"([{"key": "a"}, {"key": "b"}])"},
        Row{"NullRemoves", R"({"spec": {"tolerations": null, "hostNetwork": true}})", "/spec",
            R"({"terminationGracePeriodSeconds": 300, "hostNetwork": true,
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [{"name": "engine", "image": "i", "args": ["a"],
                    "env": [{"name": "PORT", "value": "8000"}],
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}]})"},
        Row{"OurLabelsWin", R"({"metadata": {"labels": {"app": "y", "team": "t"}}})",
            "/metadata/labels", R"({"app": "x", "team": "t"})"},
        Row{"LabelsCannotBeRemoved", R"({"metadata": {"labels": null}})", "/metadata/labels",
            R"({"app": "x"})"},
        Row{"MetadataCannotBeRemoved", R"({"metadata": null})", "/metadata/labels",
            R"({"app": "x"})"},
        Row{"DirectivesAreIgnored", R"({"metadata": {"$patch": "delete"}})", "/metadata",
            R"({"labels": {"app": "x"}})"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(MergePodTemplateOdd, IgnoresWhatIsNoTemplate) {
  json::Value base = kBase;
  merge_pod_template(base, parsed(R"(["x"])"));
  EXPECT_EQ(base, kBase);
}

}  // namespace
}  // namespace penstock::controller::child
