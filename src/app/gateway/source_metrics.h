#pragma once
// Where the configuration in force has come from, and whether the controller is followed, as
// metrics. docs/reference/metrics.md lists them. Knows no feed.

#include <string_view>

#include "telemetry/registry.h"

namespace penstock::app::gateway_role {

/// The ways by which a configuration can come.
namespace source {
inline constexpr std::string_view kFile = "file";      ///< as mounted
inline constexpr std::string_view kCopy = "copy";      ///< the last good one on our disk
inline constexpr std::string_view kWatch = "watch";    ///< of the Secret, at the API server
inline constexpr std::string_view kStream = "stream";  ///< from the controller
}  // namespace source

class SourceMetrics {
 public:
  SourceMetrics();

  /// Of the configuration in force. One thread.
  void in_force(std::string_view name);
  /// One thread, which may be another one.
  void stream_connected(bool connected);

  [[nodiscard]] const telemetry::Registry& registry() const noexcept { return registry_; }

 private:
  telemetry::Registry registry_;
};

}  // namespace penstock::app::gateway_role
