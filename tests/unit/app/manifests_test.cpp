#include "app/config/manifests.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::app::config {
namespace {

/// Spec field `bad` makes an object wrong.
std::vector<Finding> check(const ObjectKey& /*key*/, const json::Value& value) {
  if (value.contains("spec") && value["spec"].contains("bad")) {
    return {{"/spec/bad", "spec.bad must not be there"}};
  }
  return {};
}

std::string object(const std::string& name, const std::string& spec = "a: 1") {
  return "---\napiVersion: v1\nkind: Thing\nmetadata:\n  name: " + name + "\nspec:\n  " + spec +
         "\n";
}

class Folder {
 public:
  void write(const std::string& file, const std::string& text) { files_[file] = text; }
  void remove(const std::string& file) { files_.erase(file); }
  const Manifests& read() {
    std::vector<json::YamlStream> streams;
    for (const auto& [file, text] : files_) {
      streams.push_back(json::parse_yaml(text, file));
    }
    current_ = merge(current_, streams, check);
    return current_;
  }
  [[nodiscard]] int value_of(const std::string& name) const {
    const auto found = current_.objects.find({"Thing", "default", name});
    return found == current_.objects.end()
               ? -1
               : (*found->second.document->value)["spec"]["a"].get<int>();
  }

 private:
  std::map<std::string, std::string> files_;
  Manifests current_;
};

TEST(Manifests, GoodFilesGiveTheirObjects) {
  Folder folder;
  folder.write("a.yaml", object("one") + object("two", "a: 2"));
  EXPECT_TRUE(folder.read().complaints.empty());
  EXPECT_EQ(folder.value_of("one"), 1);
  EXPECT_EQ(folder.value_of("two"), 2);
}

TEST(Manifests, AWrongObjectKeepsItsLastGoodVersionAndTheRestMovesOn) {
  Folder folder;
  folder.write("a.yaml", object("one") + object("two"));
  folder.read();
  folder.write("a.yaml", object("one", "bad: 1") + object("two", "a: 7"));
  const auto& now = folder.read();
  ASSERT_EQ(now.complaints.size(), 1U);
  EXPECT_EQ(to_string(now.complaints[0]),
            "a.yaml:7: Thing default/one: spec.bad must not be there (its last good version stays "
            "in force)");
  EXPECT_EQ(folder.value_of("one"), 1);
  EXPECT_EQ(folder.value_of("two"), 7);
  folder.write("a.yaml", object("one", "a: 9"));
  EXPECT_TRUE(folder.read().complaints.empty());
  EXPECT_EQ(folder.value_of("one"), 9);
  EXPECT_EQ(folder.value_of("two"), -1);
}

TEST(Manifests, AWrongObjectWithoutAPastIsLeftOut) {
  Folder folder;
  folder.write("a.yaml", object("one", "bad: 1") + object("two"));
  const auto& now = folder.read();
  ASSERT_EQ(now.complaints.size(), 1U);
  EXPECT_EQ(now.complaints[0].message, "Thing default/one: spec.bad must not be there");
  EXPECT_EQ(folder.value_of("one"), -1);
  EXPECT_EQ(folder.value_of("two"), 1);
}

TEST(Manifests, AFileThatIsNotYamlKeepsAllThatItHeld) {
  Folder folder;
  folder.write("a.yaml", object("one") + object("two"));
  folder.write("b.yaml", object("three"));
  folder.read();
  folder.write("a.yaml", "kind: [unclosed\n");
  folder.write("b.yaml", object("three", "a: 3"));
  const auto& now = folder.read();
  ASSERT_FALSE(now.complaints.empty());
  EXPECT_EQ(now.complaints[0].file, "a.yaml");
  EXPECT_EQ(folder.value_of("one"), 1);
  EXPECT_EQ(folder.value_of("two"), 1);
  EXPECT_EQ(folder.value_of("three"), 3);
}

TEST(Manifests, AnObjectThatLostItsNameIsKept) {
  Folder folder;
  folder.write("a.yaml", object("one"));
  folder.read();
  folder.write("a.yaml", "apiVersion: v1\nkind: Thing\nmetadata: {}\nspec: {a: 2}\n");
  const auto& now = folder.read();
  ASSERT_EQ(now.complaints.size(), 1U);
  EXPECT_NE(now.complaints[0].message.find("metadata.name"), std::string::npos);
  EXPECT_EQ(folder.value_of("one"), 1);
}

TEST(Manifests, AnObjectMovedToAnotherFileIsTheNewOne) {
  Folder folder;
  folder.write("a.yaml", object("one"));
  folder.read();
  folder.write("a.yaml", "- not an object\n");
  folder.write("b.yaml", object("one", "a: 2"));
  folder.read();
  EXPECT_EQ(folder.value_of("one"), 2);
}

TEST(Manifests, ADeletedFileTakesItsObjects) {
  Folder folder;
  folder.write("a.yaml", object("one"));
  folder.write("b.yaml", object("two"));
  folder.read();
  folder.remove("a.yaml");
  EXPECT_TRUE(folder.read().complaints.empty());
  EXPECT_EQ(folder.value_of("one"), -1);
  EXPECT_EQ(folder.value_of("two"), 1);
}

TEST(Manifests, TwoDefinitionsNameBothPlacesAndChangeNothing) {
  Folder folder;
  folder.write("b.yaml", object("one"));
  folder.read();
  folder.write("a.yaml", object("one", "a: 5"));
  const auto& now = folder.read();
  ASSERT_EQ(now.complaints.size(), 1U);
  EXPECT_EQ(to_string(now.complaints[0]),
            "b.yaml:2: Thing default/one is defined twice, first at a.yaml:2; remove one of them "
            "or give it "
            "another name");
  EXPECT_EQ(folder.value_of("one"), 1);
}

TEST(Manifests, TheSameNameInTwoNamespacesIsTwoObjects) {
  Folder folder;
  folder.write(
      "a.yaml",
      object("one") + "---\nkind: Thing\nmetadata: {name: one, namespace: other}\nspec: {a: 2}\n");
  EXPECT_TRUE(folder.read().complaints.empty());
  EXPECT_EQ(folder.read().objects.size(), 2U);
}

TEST(Manifests, AListIsItsItems) {
  Folder folder;
  folder.write(
      "a.yaml",
      "kind: List\nitems:\n- kind: Thing\n  metadata: {name: one}\n  spec: {a: 1}\n- kind: Thing\n"
      "  metadata: {name: two}\n  spec:\n    bad: 1\n");
  const auto& now = folder.read();
  EXPECT_EQ(folder.value_of("one"), 1);
  ASSERT_EQ(now.complaints.size(), 1U);
  EXPECT_EQ(now.complaints[0].line, 9);
}

TEST(Manifests, CompareNamesWhatChanged) {
  Folder folder;
  folder.write("a.yaml", object("one") + object("two") + object("three"));
  const Manifests before = folder.read();
  folder.write("a.yaml", "# a comment moves lines\n" + object("one") + object("two", "a: 2") +
                             object("four"));
  const Changes changes = compare(before, folder.read());
  ASSERT_EQ(changes.added.size(), 1U);
  EXPECT_EQ(changes.added[0].name, "four");
  ASSERT_EQ(changes.changed.size(), 1U);
  EXPECT_EQ(changes.changed[0].name, "two");
  ASSERT_EQ(changes.removed.size(), 1U);
  EXPECT_EQ(changes.removed[0].name, "three");
}

}  // namespace
}  // namespace penstock::app::config
