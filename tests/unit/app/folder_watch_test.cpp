// Real files and a real inotify; waits are on the callback, with a limit that only a failure
// reaches.
#include "app/config/folder_watch.h"

#include <fstream>

#include <gtest/gtest.h>

namespace penstock::app::config {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FolderWatchTest : public testing::Test {
 protected:
  FolderWatchTest() {
    std::string pattern = (fs::path(testing::TempDir()) / "watch-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~FolderWatchTest() override {
    watch_.reset();
    fs::remove_all(root_);
  }

  void start(FolderWatch::Timing timing = {.settle = 20ms, .settle_limit = 1s, .look = 1h}) {
    watch_ = std::make_unique<FolderWatch>(*loop_, root_, timing, [this] { ++changes_; });
    watch_->seen(list_manifests(root_).value());
  }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  bool changed() {
    const int before = std::exchange(taken_, changes_);
    const SteadyTime limit = loop_->now() + 10s;
    while (changes_ == before && loop_->now() < limit) {
      loop_->run_once(100ms);
    }
    taken_ = changes_;
    watch_->seen(list_manifests(root_).value());
    return changes_ > before;
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::create(system_clock()).value();
  fs::path root_;
  std::unique_ptr<FolderWatch> watch_;
  int changes_ = 0;
  int taken_ = 0;
};

TEST_F(FolderWatchTest, SeesAWrite) {
  write("a.yaml", "one");
  start();
  write("a.yaml", "two");
  EXPECT_TRUE(changed());
}

TEST_F(FolderWatchTest, SeesAnEditorsRename) {
  write("a.yaml", "one");
  start();
  write(".a.yaml.swp", "two");
  fs::rename(root_ / ".a.yaml.swp", root_ / "a.yaml");
  EXPECT_TRUE(changed());
}

TEST_F(FolderWatchTest, SeesAFileInANewFolder) {
  start();
  fs::create_directories(root_ / "sub");
  EXPECT_TRUE(changed());
  write("sub/a.yaml", "one");
  EXPECT_TRUE(changed());
}

TEST_F(FolderWatchTest, SeesAConfigMapSwapTwice) {
  write("..v1/a.yaml", "one");
  write("..v2/a.yaml", "two");
  fs::create_symlink("..v1", root_ / "..data");
  fs::create_symlink("..data/a.yaml", root_ / "a.yaml");
  start();
  for (const char* version : {"..v2", "..v1"}) {
    fs::create_symlink(version, root_ / "..data_tmp");
    fs::rename(root_ / "..data_tmp", root_ / "..data");
    EXPECT_TRUE(changed()) << version;
  }
}

TEST_F(FolderWatchTest, ABurstIsOneChange) {
  start({.settle = 200ms, .settle_limit = 10s, .look = 1h});
  for (int i = 0; i < 50; ++i) {
    write("a.yaml", std::to_string(i));
    loop_->run_once(0ms);
  }
  EXPECT_TRUE(changed());
  EXPECT_EQ(changes_, 1);
}

TEST_F(FolderWatchTest, LooksAtWhatInotifyDoesNotReport) {
  write("a.yaml", "one");
  start({.settle = 20ms, .settle_limit = 1s, .look = 50ms});
  watch_->seen({});  // as if the reading had been of something else: no event will come
  EXPECT_TRUE(changed());
}

}  // namespace
}  // namespace penstock::app::config
