#pragma once
// What the command line of `penstock gateway` says, checked. A record.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "app/standalone/options.h"
#include "kube/resource.h"

namespace penstock::app::gateway_role {

struct Options {
  std::filesystem::path snapshot;                  ///< file, as a Secret is mounted; empty = none
  std::optional<kube::ObjectKey> snapshot_secret;  ///< followed by a watch
  std::string controller;                          ///< URL that streams it; empty = none
  std::filesystem::path identity;                  ///< folder of the certificate to show there
  std::filesystem::path data_dir;                  ///< the last good copy; empty = none is kept
  standalone::ListenAddress admin{"127.0.0.1", 0};
  std::size_t threads = 0;  ///< 0 = all cores, at most kMostCores
  std::chrono::milliseconds drain_delay{0};
  std::chrono::milliseconds drain_timeout{300'000};
};

/// More must be asked for: on a large node a gateway pod is one of many.
inline constexpr std::size_t kMostCores = 8;

}  // namespace penstock::app::gateway_role
