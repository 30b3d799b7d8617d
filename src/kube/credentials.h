#pragma once
// Credentials that change while we run: bearer tokens and PEM files. Knows files and time; opens no
// connection.
//
// Tokens bound to a pod are replaced by the kubelet long before they expire, so the file is read
// again every minute; a failed read keeps the last token (a rename is not atomic for every reader),
// and a 401 throws it away. Certificates are read again every five minutes. Sources: client-go
// transport/token_source.go, kubernetes/kubernetes#68164.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "kube/cluster_config.h"

namespace penstock::kube {

/// Reads a whole small file; a seam for tests.
using FileReader = std::function<Result<std::string>(const std::string& path)>;
[[nodiscard]] Result<std::string> read_small_file(const std::string& path);

/// The bearer token, or an empty Secret when the configuration has none. Any thread.
class TokenSource {
 public:
  static constexpr std::chrono::seconds kReadEvery{60};

  TokenSource(const ClusterConfig& config, const Clock& clock, FileReader reader = read_small_file);

  /// Error kUnauthenticated when the file was never readable.
  [[nodiscard]] Result<Secret> token();

  /// After a 401. True when another try can differ (the token comes from a file).
  bool reject();

 private:
  const std::string file_;
  const Clock& clock_;
  const FileReader reader_;
  std::mutex mutex_;
  Secret token_;
  SteadyTime read_at_{};
  bool stale_ = true;
};

struct TlsMaterial {
  std::string ca;  ///< PEM; empty: the system's authorities
  std::string certificate;
  Secret key;
  std::uint64_t version = 0;  ///< grows when any of them changed
};

/// The PEM texts as they are now. Any thread.
class TlsSource {
 public:
  static constexpr std::chrono::minutes kReadEvery{5};

  TlsSource(const ClusterConfig& config, const Clock& clock, FileReader reader = read_small_file);

  /// Never null. Errors (kInvalid, kNotFound) only before the first good read; later the last good
  /// material stays in use.
  [[nodiscard]] Result<std::shared_ptr<const TlsMaterial>> material();

 private:
  [[nodiscard]] Result<TlsMaterial> read() const;

  const PemSource ca_;
  const PemSource certificate_;
  const PemSource key_;
  const Clock& clock_;
  const FileReader reader_;
  std::mutex mutex_;
  std::shared_ptr<const TlsMaterial> current_;
  SteadyTime read_at_{};
};

}  // namespace penstock::kube
