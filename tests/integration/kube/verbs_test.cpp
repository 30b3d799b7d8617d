// The client against the real API server: what a fake would only imitate.
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/integration/kube/real_cluster.h"

namespace penstock::kube {
namespace {

class Verbs : public test::RealCluster {
 protected:
  [[nodiscard]] ObjectKey key(const char* name) const { return {namespace_, name}; }
};

TEST_F(Verbs, CreateReadUpdateDelete) {
  const Object made = client().create(resources::kConfigMaps, config_map("a", "1"), "test").value();
  EXPECT_FALSE(made.uid().empty());
  EXPECT_EQ(client().create(resources::kConfigMaps, config_map("a", "1"), "test").error().code(),
            Code::kAlreadyExists);

  json::Value next = made.value();
  next["data"]["v"] = "2";
  const Object updated = client().update(resources::kConfigMaps, Object(next), "test").value();
  EXPECT_TRUE(version_less(made.resource_version(), updated.resource_version()));
  EXPECT_EQ(client().update(resources::kConfigMaps, Object(next), "test").error().code(),
            Code::kConflict)
      << "the version it was read with is old now";

  EXPECT_EQ(
      client().remove(resources::kConfigMaps, key("a"), {.uid = "no-such-uid"}).error().code(),
      Code::kConflict);
  EXPECT_TRUE(client().remove(resources::kConfigMaps, key("a"),
                              {.uid = made.uid(), .resource_version = updated.resource_version()}));
  EXPECT_EQ(client().get(resources::kConfigMaps, key("a")).error().code(), Code::kNotFound);
  EXPECT_EQ(client().remove(resources::kConfigMaps, key("a")).error().code(), Code::kNotFound);
}

TEST_F(Verbs, RefusalsNameTheField) {
  const auto answer =
      client().create(resources::kServices,
                      Object(json::Value{{"apiVersion", "v1"},
                                         {"kind", "Service"},
                                         {"metadata", {{"name", "s"}, {"namespace", namespace_}}},
                                         {"spec", {{"ports", {{{"port", 99999}}}}}}}),
                      "test");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kInvalid);
  EXPECT_NE(answer.error().message().find("spec.ports[0].port"), std::string::npos)
      << answer.error().message();
  const Resource nowhere{"penstock.test", "v1", "nowheres", "Nowhere"};
  EXPECT_EQ(client().list(nowhere, "").error().code(), Code::kNotFound);
}

TEST_F(Verbs, ApplyOwnsWhatItSaysAndNothingElse) {
  const ApplyOptions ours{.field_manager = "ours"};
  const Object first = client().apply(resources::kConfigMaps, config_map("a", "1"), ours).value();
  const Object again = client().apply(resources::kConfigMaps, config_map("a", "1"), ours).value();
  EXPECT_EQ(first.resource_version(), again.resource_version())
      << "nothing changed, nothing written";

  const auto conflict = client().apply(resources::kConfigMaps, config_map("a", "2"),
                                       {.field_manager = "theirs", .force = false});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code(), Code::kConflict);
  EXPECT_NE(conflict.error().message().find("ours"), std::string::npos) << "who holds the field";

  ASSERT_TRUE(client().merge_patch(resources::kConfigMaps, key("a"),
                                   json::Value{{"data", {{"w", "x"}}}}, "hand"));
  json::Value without = config_map("a", "").value();
  without.erase("data");
  const Object left = client().apply(resources::kConfigMaps, Object(without), ours).value();
  EXPECT_EQ(left.value()["data"], json::Value({{"w", "x"}})) << "our field went, theirs stayed";

  json::Value bound = config_map("a", "3").value();
  bound["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(client().apply(resources::kConfigMaps, Object(bound), ours).error().code(),
            Code::kInvalid)
      << "another incarnation: metadata.uid is immutable";
  bound["metadata"]["name"] = "gone";
  EXPECT_EQ(client().apply(resources::kConfigMaps, Object(bound), ours).error().code(),
            Code::kConflict)
      << "an incarnation that is gone is not made again";
}

TEST_F(Verbs, ListsInPagesMissNothing) {
  constexpr int kCount = 1'203;  // more than two pages
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(client().create(resources::kConfigMaps,
                                config_map("m-" + std::to_string(i), std::to_string(i)), "test"));
  }
  const auto all = client().list(resources::kConfigMaps, namespace_).value();
  std::set<std::string> names;
  for (const Object& object : all.items) {
    names.insert(object.name());
  }
  EXPECT_GE(names.size(), static_cast<std::size_t>(kCount));
  EXPECT_EQ(names.size(), all.items.size()) << "none twice";
  const auto metadata =
      client().list(resources::kConfigMaps, namespace_, {.metadata_only = true}).value();
  EXPECT_EQ(metadata.items.size(), all.items.size());
  EXPECT_FALSE(metadata.items[0].value().contains("data"));
}

TEST_F(Verbs, ATokenAuthenticatesAndHasNoRightsOfItsOwn) {
  ClusterConfig config = config_;
  config.client_certificate = {};
  config.client_key = {};
  config.token = Secret(make_token("nobody", 600));
  auto nobody = connect(config);
  const auto refused = nobody->client().get(resources::kSecrets, key("s"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kForbidden);
  EXPECT_NE(refused.error().message().find("nobody"), std::string::npos);
  config.token = Secret("wrong");
  EXPECT_EQ(connect(config)->client().get(resources::kSecrets, key("s")).error().code(),
            Code::kUnauthenticated);
}

TEST_F(Verbs, InAPodTheMountedFilesAreEnoughAndATokenMayRotate) {
  namespace fs = std::filesystem;
  std::string name = (fs::temp_directory_path() / "penstock-sa-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const fs::path folder = name;
  std::ofstream(folder / "token") << "expired";
  std::ofstream(folder / "namespace") << namespace_;
  if (config_.ca.file.empty()) {
    std::ofstream(folder / "ca.crt") << config_.ca.data.reveal();
  } else {
    fs::copy_file(config_.ca.file, folder / "ca.crt");
  }
  const auto config = in_cluster_config(
      [&](const char* variable) {
        return std::string(variable) == "KUBERNETES_SERVICE_HOST"
                   ? std::string("127.0.0.1")
                   : config_.server.substr(config_.server.rfind(':') + 1);
      },
      folder.string());
  auto pod = connect(config.value());
  EXPECT_EQ(pod->client().get(resources::kPods, key("p")).error().code(), Code::kUnauthenticated);
  std::ofstream(folder / "token") << make_token("pod", 600);
  EXPECT_EQ(pod->client().get(resources::kPods, key("p")).error().code(), Code::kForbidden)
      << "a 401 makes the file be read again at once: now we are somebody";
  fs::remove_all(folder);
}

TEST_F(Verbs, RawPaths) {
  EXPECT_EQ(client().raw("/readyz").value(), "ok");
  EXPECT_NE(client().raw("/version").value().find("gitVersion"), std::string::npos);
}

}  // namespace
}  // namespace penstock::kube
