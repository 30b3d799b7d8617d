#pragma once
// The controller's doors for operators and the kubelet: /metrics, /healthz, /readyz. Knows HTTP;
// knows nothing of what is measured.

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace penstock::app::admin {

/// "ADDRESS:PORT"; IPv6 in brackets; no address means all.
struct Address {
  std::string host;
  int port = 0;
};

/// Error kInvalid names the flag, the text and an example.
[[nodiscard]] Result<Address> parse_address(const std::string& flag, const std::string& text);

/// One listening address with a few paths, on a thread of its own. Each path answers 200 with a
/// text, or 503 with the error.
class AdminServer {
 public:
  using Source = std::function<Result<std::string>()>;

  AdminServer();
  ~AdminServer();  ///< closes and joins
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Before listen(). Called on any thread.
  void serve(const std::string& path, const std::string& content_type, Source source);

  /// Port 0 picks one. Error kUnavailable when the address cannot be had; returns the port.
  [[nodiscard]] Result<int> listen(const Address& address);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::app::admin
