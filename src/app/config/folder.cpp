#include "app/config/folder.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <system_error>

namespace penstock::app::config {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 16;  ///< links can make a folder contain itself

bool is_manifest(const fs::path& path) {
  const auto extension = path.extension();
  return extension == ".yaml" || extension == ".yml";
}

/// FNV-1a: order-dependent, and nobody attacks a change detector.
void mix(std::uint64_t& hash, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < size; ++i) {
    hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
  }
}

void mix_file(std::uint64_t& hash, const fs::path& path) {
  struct stat status{};
  const auto& text = path.native();
  mix(hash, text.data(), text.size());
  if (::stat(text.c_str(), &status) == 0) {
    mix(hash, &status.st_ino, sizeof status.st_ino);
    mix(hash, &status.st_size, sizeof status.st_size);
    mix(hash, &status.st_mtim.tv_sec, sizeof status.st_mtim.tv_sec);
    mix(hash, &status.st_mtim.tv_nsec, sizeof status.st_mtim.tv_nsec);
  }
}

class Walk {
 public:
  void visit_folder(const fs::path& folder, int depth) {
    std::error_code error;
    if (depth > kMaxDepth || !entered_.insert(fs::canonical(folder, error)).second) {
      return;
    }
    directories_.insert(folder);
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().filename().native().starts_with('.')) {
        continue;
      }
      std::error_code ignored;
      if (entry.is_directory(ignored)) {
        visit_folder(entry.path(), depth + 1);
      } else if (is_manifest(entry.path())) {
        visit_file(entry.path());
      }
    }
  }

  void visit_file(const fs::path& file) {
    files_.push_back(file);
    std::error_code error;
    if (fs::is_symlink(file, error)) {
      const auto target = fs::canonical(file, error);
      if (!error) {
        directories_.insert(target.parent_path());
      }
    }
  }

  Listing finish() {
    std::ranges::sort(files_);
    Listing listing{
        std::move(files_), {directories_.begin(), directories_.end()}, 0xcbf29ce484222325ULL};
    for (const auto& file : listing.files) {
      mix_file(listing.fingerprint, file);
    }
    return listing;
  }

 private:
  std::vector<fs::path> files_;
  std::set<fs::path> directories_;
  std::set<fs::path> entered_;
};

}  // namespace

Result<Listing> list_manifests(const fs::path& root) {
  std::error_code error;
  const auto status = fs::status(root, error);
  Walk walk;
  if (fs::is_directory(status)) {
    walk.visit_folder(root, 0);
    return walk.finish();
  }
  if (fs::is_regular_file(status)) {
    walk.visit_file(root);
    Listing listing = walk.finish();
    listing.directories.push_back(root.has_parent_path() ? root.parent_path() : fs::path("."));
    return listing;
  }
  return fail(Code::kNotFound,
              "the configuration \"" + root.string() +
                  "\" is not a folder; name one that holds manifests (*.yaml), for example "
                  "examples/quickstart");
}

}  // namespace penstock::app::config
