#pragma once
// A folder of manifests on disk: which files count, and what changed. Knows nothing of their
// content.
//
// Files *.yaml and *.yml, in sub folders too, in the order of their paths. Names that begin with a
// dot do not count, which fits a mounted ConfigMap: its visible files are links into a hidden
// folder that is swapped.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.h"

namespace penstock::app::config {

struct Listing {
  std::vector<std::filesystem::path> files;  ///< root's own spelling, sorted
  std::vector<std::filesystem::path>
      directories;  ///< whose changes matter: folders, and where links point
  std::uint64_t fingerprint =
      0;  ///< of paths, inodes, sizes and times: equal means nothing happened
};

/// A single file is a folder of one. Error kNotFound names the path and the remedy.
[[nodiscard]] Result<Listing> list_manifests(const std::filesystem::path& root);

}  // namespace penstock::app::config
