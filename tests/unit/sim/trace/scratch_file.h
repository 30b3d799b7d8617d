#pragma once
// A file of a test's own that goes when the test ends. Knows paths and bytes.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

#include <gtest/gtest.h>
#include <zlib.h>

namespace penstock::sim::testing_support {

class ScratchFile {
 public:
  explicit ScratchFile(std::string_view text, bool gzip = false) {
    static int count = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("penstock-trace-" + std::to_string(getpid()) + "-" + std::to_string(count++)))
                .string();
    if (gzip) {
      const gzFile file = gzopen(path_.c_str(), "wb");
      gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
      gzclose(file);
    } else {
      std::ofstream(path_, std::ios::binary) << text;
    }
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace penstock::sim::testing_support
