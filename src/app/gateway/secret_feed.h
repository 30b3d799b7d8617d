#pragma once
// Follows the Secret with a gateway's configuration by a watch of the API server, so that a change
// is here in milliseconds (the kubelet takes a minute to renew a mounted Secret). Knows the API
// server; judges no content. While the server is away nothing comes, and nothing is taken back.

#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "app/gateway/newest_version.h"
#include "base/result.h"
#include "kube/connection.h"
#include "kube/informer.h"

namespace penstock::app::gateway_role {

/// The key in the Secret.
inline constexpr std::string_view kSnapshotKey = "snapshot.json";

class SecretFeed {
 public:
  /// Error when there are no credentials. Needs get, list and watch of that one Secret.
  static Result<std::unique_ptr<SecretFeed>> start(const kube::ObjectKey& secret);
  ~SecretFeed();
  SecretFeed(const SecretFeed&) = delete;
  SecretFeed& operator=(const SecretFeed&) = delete;

  /// Readable (EPOLLIN) when something is there to take.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// The newest content since the last call.
  [[nodiscard]] std::optional<Arrival> take();

 private:
  SecretFeed() = default;
  void seen(const kube::Change& change);

  int descriptor_ = -1;
  std::mutex mutex_;
  std::optional<Arrival> newest_;  // guarded by mutex_
  std::unique_ptr<kube::Connection> connection_;
  std::unique_ptr<kube::Informer> informer_;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace penstock::app::gateway_role
