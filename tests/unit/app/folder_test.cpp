#include "app/config/folder.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

namespace penstock::app::config {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    std::string pattern = (fs::path(testing::TempDir()) / "folder-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~FolderTest() override { fs::remove_all(root_); }

  void write(const fs::path& relative, const std::string& text) const {
    fs::create_directories((root_ / relative).parent_path());
    std::ofstream(root_ / relative) << text;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& file : list_manifests(root_).value().files) {
      out.push_back(file.lexically_relative(root_).string());
    }
    return out;
  }

  fs::path root_;
};

TEST_F(FolderTest, TakesManifestsInPathOrderAndSubFolders) {
  write("b.yaml", "");
  write("a.yml", "");
  write("sub/c.yaml", "");
  write("README.md", "");
  write(".hidden.yaml", "");
  write(".git/d.yaml", "");
  const std::vector<std::string> expected{"a.yml", "b.yaml", "sub/c.yaml"};
  EXPECT_EQ(names(), expected);
}

TEST_F(FolderTest, SeesAConfigMapSwap) {
  write("..v1/a.yaml", "one");
  write("..v2/a.yaml", "two");
  fs::create_symlink("..v1", root_ / "..data");
  fs::create_symlink("..data/a.yaml", root_ / "a.yaml");
  const auto before = list_manifests(root_).value();
  EXPECT_EQ(names(), std::vector<std::string>{"a.yaml"});
  fs::create_symlink("..v2", root_ / "..data_tmp");
  fs::rename(root_ / "..data_tmp", root_ / "..data");
  EXPECT_NE(list_manifests(root_).value().fingerprint, before.fingerprint);
}

TEST_F(FolderTest, WatchesWhereLinksPoint) {
  write("elsewhere/real.yaml", "");
  fs::create_directories(root_ / "config");
  fs::create_symlink(root_ / "elsewhere/real.yaml", root_ / "config/a.yaml");
  const auto listing = list_manifests(root_ / "config").value();
  EXPECT_NE(std::ranges::find(listing.directories, fs::canonical(root_ / "elsewhere")),
            listing.directories.end());
}

TEST_F(FolderTest, AFolderThatContainsItselfEnds) {
  write("a.yaml", "");
  fs::create_directory_symlink(root_, root_ / "again");
  EXPECT_EQ(names(), std::vector<std::string>{"a.yaml"});
}

TEST_F(FolderTest, FingerprintIsStableAndSeesNewFiles) {
  write("a.yaml", "one");
  const auto first = list_manifests(root_).value().fingerprint;
  EXPECT_EQ(list_manifests(root_).value().fingerprint, first);
  write("b.yaml", "one");
  EXPECT_NE(list_manifests(root_).value().fingerprint, first);
}

TEST_F(FolderTest, OneFileIsAFolderOfOne) {
  write("a.yaml", "");
  EXPECT_EQ(list_manifests(root_ / "a.yaml").value().files.size(), 1U);
}

TEST_F(FolderTest, AMissingFolderIsNamed) {
  const auto result = list_manifests(root_ / "nowhere");
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message().find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace penstock::app::config
