#pragma once
// Which API server, and who we are: what a kubeconfig or a pod's service account says. Knows files
// and environment; opens no connection and prints no secret.
//
// Not supported, with an error that says so: exec and auth-provider plugins, username/password.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace penstock::kube {

/// PEM given in place, or a file that is read again when it changes. Both empty: not given.
struct PemSource {
  std::string file;
  Secret data;
  [[nodiscard]] bool given() const { return !file.empty() || !data.empty(); }
};

struct ClusterConfig {
  std::string server;           ///< "https://10.0.0.1:6443"; a path behind it is kept as a prefix
  std::string tls_server_name;  ///< the name to verify and to send, when not that of the URL
  std::string proxy_url;        ///< "http://host:port"
  bool insecure_skip_tls_verify = false;
  PemSource ca;
  PemSource client_certificate;
  PemSource client_key;
  Secret token;
  std::string token_file;  ///< wins over token; read again while it rotates
  std::string name_space;  ///< of the context, or of our pod; may be empty
  std::string origin;      ///< for messages: "kubeconfig /x context y", "in-cluster"
};

/// Reads an environment variable; empty when not set.
using Environment = std::function<std::string(const char*)>;
[[nodiscard]] std::string process_environment(const char* name);

struct ConfigRequest {
  std::string kubeconfig{};     ///< path; empty: $KUBECONFIG, else in-cluster, else ~/.kube/config
  std::string context{};        ///< empty: current-context
  bool allow_insecure = false;  ///< accept insecure-skip-tls-verify (tests only)
};

/// What kubectl would use, with in-cluster credentials before ~/.kube/config. Error kInvalid or
/// kNotFound names the file, the field and the remedy.
[[nodiscard]] Result<ClusterConfig> find_cluster_config(const ConfigRequest& request,
                                                        const Environment& environment);

/// `path` may be a list separated by ':' as in $KUBECONFIG: the first to define a name wins.
[[nodiscard]] Result<ClusterConfig> read_kubeconfig(const std::string& path,
                                                    const std::string& context,
                                                    bool allow_insecure);

/// From KUBERNETES_SERVICE_HOST/PORT and the mounted token, ca.crt and namespace in `folder`.
[[nodiscard]] Result<ClusterConfig> in_cluster_config(
    const Environment& environment,
    const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

}  // namespace penstock::kube
