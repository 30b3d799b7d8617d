#pragma once
// A gateway's configuration on disk: read from where it is mounted, and kept as the last good copy.
// Knows packing and files; serves nothing.

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "gateway/snapshot/snapshot.h"

namespace penstock::app::gateway_role {

using SnapshotPtr = std::shared_ptr<const gateway::snapshot::Snapshot>;

/// What a Secret or a file holds (gateway/snapshot/packing.h), ready to be served.
[[nodiscard]] Result<SnapshotPtr> read_snapshot(std::string_view bytes);

/// Errors name the file.
[[nodiscard]] Result<SnapshotPtr> read_snapshot_file(const std::filesystem::path& file);

/// In one step, readable by its owner only: the configuration holds provider keys.
[[nodiscard]] Result<> keep_copy(const std::filesystem::path& file,
                                 const gateway::snapshot::Document& document);

}  // namespace penstock::app::gateway_role
