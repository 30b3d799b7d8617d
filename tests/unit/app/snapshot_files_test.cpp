#include "app/gateway/snapshot_files.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "gateway/snapshot/document_json.h"

namespace penstock::app::gateway_role {
namespace {

namespace fs = std::filesystem;
namespace doc = gateway::snapshot;

class SnapshotFiles : public ::testing::Test {
 protected:
  SnapshotFiles() {
    std::string pattern = (fs::temp_directory_path() / "snapshot-files-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SnapshotFiles() override { fs::remove_all(folder_); }

  static doc::Document document(const std::string& gateway) {
    doc::Document out;
    out.gateway = gateway;
    out.listeners.emplace_back().port = 8080;
    out.version = doc::content_version(out);
    return out;
  }

  void write(const fs::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  fs::path folder_;
};

TEST_F(SnapshotFiles, CopyIsReadBackAndOnlyItsOwnerMayReadIt) {
  const fs::path file = folder_ / "data" / "snapshot.json";
  ASSERT_TRUE(keep_copy(file, document("team-a/main")));
  const auto snapshot = read_snapshot_file(file);
  ASSERT_TRUE(snapshot) << snapshot.error().message();
  EXPECT_EQ((*snapshot)->document().gateway, "team-a/main");
  EXPECT_EQ((*snapshot)->document().version, document("team-a/main").version);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(SnapshotFiles, CopyReplacesTheOneBeforeAndLeavesNothingElse) {
  const fs::path file = folder_ / "snapshot.json";
  ASSERT_TRUE(keep_copy(file, document("team-a/one")));
  ASSERT_TRUE(keep_copy(file, document("team-a/two")));
  EXPECT_EQ((*read_snapshot_file(file))->document().gateway, "team-a/two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(SnapshotFiles, MissingEmptyAndBrokenFilesAreErrorsThatNameTheFile) {
  const fs::path file = folder_ / "snapshot.json";
  for (const char* content : {"", "{\"gateway\":", "\x1f\x8b not gzip"}) {
    if (*content != '\0') {
      write(file, content);
    }
    const auto snapshot = read_snapshot_file(file);
    ASSERT_FALSE(snapshot);
    EXPECT_NE(snapshot.error().to_string().find(file.string()), std::string::npos);
  }
}

TEST_F(SnapshotFiles, FileMountedAsASecretIsALinkIntoAFolderThatIsSwapped) {
  fs::create_directory(folder_ / "..1");
  write(folder_ / "..1" / "snapshot.json", doc::write_document(document("team-a/main")));
  fs::create_directory_symlink("..1", folder_ / "..data");
  fs::create_symlink("..data/snapshot.json", folder_ / "snapshot.json");
  ASSERT_TRUE(read_snapshot_file(folder_ / "snapshot.json"));
}

}  // namespace
}  // namespace penstock::app::gateway_role
