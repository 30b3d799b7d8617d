#pragma once
// The way to the controller's replicas by mutual TLS: who we are, whom we trust, where they are.
// Knows files, names and connections; knows nothing of what is said. Blocking; any thread.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "kube/server_url.h"
#include "kube/transport.h"

namespace penstock::app::gateway_role {

/// What the controller has made for us; PEM.
struct Identity {
  std::string certificate;
  Secret key;
  std::string trusted;  ///< the controller's authorities, and nobody else's

  [[nodiscard]] bool same_as(const Identity& other) const;
};

/// tls.crt, tls.key and ca.crt of a mounted Secret. Error kNotFound or kInvalid names the file: a
/// missing or empty one must never mean "trust everybody".
[[nodiscard]] Result<Identity> read_identity(const std::filesystem::path& folder);

/// "https://HOST:PORT"; anything else is kInvalid.
[[nodiscard]] Result<kube::ServerUrl> parse_controller_url(const std::string& text);

/// All addresses of a host; none when it is not known. A seam for tests.
using Resolve = std::function<std::vector<std::string>(const std::string& host)>;
[[nodiscard]] std::vector<std::string> resolve_all(const std::string& host);

/// A transport to one address, which must prove to be `server` by name.
[[nodiscard]] Result<std::unique_ptr<kube::Transport>> open_door(
    const kube::ServerUrl& server, const std::string& address, const Identity& identity,
    std::chrono::milliseconds connect_timeout);

}  // namespace penstock::app::gateway_role
