#pragma once
// What the command line of `penstock standalone` says, checked. Knows no manifest.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::app::standalone {

struct ListenAddress {
  std::string address;  ///< numeric, IPv6 without brackets
  std::uint16_t port = 0;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// "127.0.0.1:8080", ":8080" (all addresses), "[::1]:8080", "localhost:8080". Error kInvalid with
/// an example.
[[nodiscard]] Result<ListenAddress> parse_listen(std::string_view flag, std::string_view text);

struct Options {
  std::filesystem::path config;
  std::optional<ListenAddress> listen;  ///< instead of the first listener's
  std::filesystem::path ready_file;     ///< empty = none
  std::filesystem::path data_dir;       ///< logs of engines
  unsigned threads = 0;                 ///< gateway cores; 0 = all
  std::chrono::milliseconds drain_timeout{60'000};
  std::string gateway;    ///< "namespace/name" or "name"; empty = the only one
  std::string residency;  ///< of this machine, for routes with a residency rule; empty = unknown
  ListenAddress admin{"127.0.0.1", 0};  ///< metrics and health
};

}  // namespace penstock::app::standalone
