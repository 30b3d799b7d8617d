#include "kube/cluster_config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "json/yaml.h"
#include "kube/fields.h"

namespace penstock::kube {
namespace {

namespace fs = std::filesystem;

/// One named entry of clusters, users or contexts, and the folder its relative paths start from.
struct Entry {
  json::Value value;
  fs::path folder;
  std::string where;  ///< "users[name=admin] of /path"
};

std::string resolve(const Entry& entry, const std::string& path) {
  return path.empty() || fs::path(path).is_absolute() ? path : (entry.folder / path).string();
}

Result<PemSource> pem_of(const Entry& entry, const std::string& field) {
  PemSource pem;
  // As in kubectl, data wins over a file of the same field.
  const std::string encoded = text_at(entry.value, field + "-data");
  if (!encoded.empty()) {
    auto decoded = base64_decode(encoded);
    if (!decoded) {
      return fail(std::move(decoded).error().with_context(entry.where + ": " + field + "-data"));
    }
    pem.data = Secret(std::move(*decoded));
    return pem;
  }
  pem.file = resolve(entry, text_at(entry.value, field));
  return pem;
}

class Kubeconfig {
 public:
  explicit Kubeconfig(std::string origin) : origin_(std::move(origin)) {}

  Result<> add(const std::string& path) {
    PENSTOCK_TRY(stream, json::read_yaml_file(path));
    PENSTOCK_CHECK_OK(stream.check());
    for (const json::YamlDocument& document : stream.documents) {
      if (!document.value->is_object()) {
        return fail(Code::kInvalid, path + ": not a kubeconfig (a mapping is expected)");
      }
      if (current_.empty()) {
        current_ = text_at(*document.value, "current-context");
      }
      const fs::path folder = fs::absolute(path).parent_path();
      collect(*document.value, "clusters", "cluster", folder, path, clusters_);
      collect(*document.value, "users", "user", folder, path, users_);
      collect(*document.value, "contexts", "context", folder, path, contexts_);
    }
    return {};
  }

  [[nodiscard]] Result<ClusterConfig> select(const std::string& wanted, bool allow_insecure) const {
    const std::string context_name = wanted.empty() ? current_ : wanted;
    if (context_name.empty()) {
      return fail(Code::kInvalid, origin_ + ": no current-context; set one, or name a context");
    }
    PENSTOCK_TRY(context, find(contexts_, "contexts", context_name));
    PENSTOCK_TRY(cluster, find(clusters_, "clusters", text_at(context.value, "cluster")));
    ClusterConfig config;
    config.origin = origin_ + " context " + context_name;
    config.name_space = text_at(context.value, "namespace");
    PENSTOCK_CHECK_OK(read_cluster(cluster, allow_insecure, config));
    const std::string user_name = text_at(context.value, "user");
    if (!user_name.empty()) {
      PENSTOCK_TRY(user, find(users_, "users", user_name));
      PENSTOCK_CHECK_OK(read_user(user, config));
    }
    return config;
  }

 private:
  using Entries = std::vector<std::pair<std::string, Entry>>;

  static void collect(const json::Value& document, const char* list, const char* field,
                      const fs::path& folder, const std::string& path, Entries& out) {
    const auto found = document.find(list);
    if (found == document.end() || !found->is_array()) {
      return;
    }
    for (const json::Value& item : *found) {
      const auto body = item.is_object() ? item.find(field) : item.end();
      if (item.is_object() && body != item.end() && body->is_object()) {
        const std::string name = text_at(item, "name");
        out.emplace_back(
            name, Entry{*body, folder, std::string(list) + "[name=" + name + "] of " + path});
      }
    }
  }

  [[nodiscard]] Result<Entry> find(const Entries& entries, const char* list,
                                   const std::string& name) const {
    std::string names;
    for (const auto& [have, entry] : entries) {
      if (have == name) {
        return entry;
      }
      names += (names.empty() ? "" : ", ") + have;
    }
    return fail(Code::kNotFound, origin_ + ": no \"" + name + "\" in " + list +
                                     " (there are: " + (names.empty() ? "none" : names) + ")");
  }

  static Result<> read_cluster(const Entry& entry, bool allow_insecure, ClusterConfig& config) {
    config.server = text_at(entry.value, "server");
    if (config.server.empty()) {
      return fail(Code::kInvalid, entry.where + ": server is missing");
    }
    config.tls_server_name = text_at(entry.value, "tls-server-name");
    config.proxy_url = text_at(entry.value, "proxy-url");
    config.insecure_skip_tls_verify = flag_at(entry.value, "insecure-skip-tls-verify");
    if (config.insecure_skip_tls_verify && !allow_insecure) {
      return fail(Code::kInvalid,
                  entry.where +
                      ": insecure-skip-tls-verify is refused; give certificate-authority instead");
    }
    PENSTOCK_TRY(ca, pem_of(entry, "certificate-authority"));
    config.ca = std::move(ca);
    return {};
  }

  static Result<> read_user(const Entry& entry, ClusterConfig& config) {
    for (const char* field : {"exec", "auth-provider", "username"}) {
      if (entry.value.contains(field)) {
        return fail(Code::kInvalid, entry.where + ": " + field +
                                        " is not supported; use a client certificate, a token or a "
                                        "tokenFile (kubectl create token)");
      }
    }
    PENSTOCK_TRY(certificate, pem_of(entry, "client-certificate"));
    PENSTOCK_TRY(key, pem_of(entry, "client-key"));
    if (certificate.given() != key.given()) {
      return fail(Code::kInvalid,
                  entry.where + ": client-certificate and client-key go together; one is missing");
    }
    config.client_certificate = std::move(certificate);
    config.client_key = std::move(key);
    config.token = Secret(text_at(entry.value, "token"));
    config.token_file = resolve(entry, text_at(entry.value, "tokenFile"));
    return {};
  }

  std::string origin_;
  std::string current_;
  Entries clusters_;
  Entries users_;
  Entries contexts_;
};

}  // namespace

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<ClusterConfig> read_kubeconfig(const std::string& path, const std::string& context,
                                      bool allow_insecure) {
  Kubeconfig config("kubeconfig " + path);
  bool any = false;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string one = path.substr(start, end - start);
    start = end + 1;
    // In a list, files that do not exist are skipped, as kubectl does.
    const bool only = one == path;
    if (!one.empty() && (only || fs::exists(one))) {
      PENSTOCK_CHECK_OK(config.add(one));
      any = true;
    }
  }
  if (!any) {
    return fail(Code::kNotFound, "kubeconfig " + path + ": none of these files exists");
  }
  return config.select(context, allow_insecure);
}

Result<ClusterConfig> in_cluster_config(const Environment& environment, const std::string& folder) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  const std::string port = environment("KUBERNETES_SERVICE_PORT");
  const std::string token_file = folder + "/token";
  if (host.empty() || port.empty() || !fs::exists(token_file)) {
    return fail(Code::kNotFound,
                "not in a pod: KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT or " + token_file +
                    " is missing");
  }
  ClusterConfig config;
  config.origin = "in-cluster";
  const bool v6 = host.find(':') != std::string::npos;
  config.server = "https://" + (v6 ? "[" + host + "]" : host) + ":" + port;
  config.token_file = token_file;
  config.ca.file = folder + "/ca.crt";
  if (std::ifstream file(folder + "/namespace"); file) {
    config.name_space.assign(std::istreambuf_iterator<char>(file), {});
    while (!config.name_space.empty() && config.name_space.back() == '\n') {
      config.name_space.pop_back();
    }
  }
  return config;
}

Result<ClusterConfig> find_cluster_config(const ConfigRequest& request,
                                          const Environment& environment) {
  const std::string path =
      request.kubeconfig.empty() ? environment("KUBECONFIG") : request.kubeconfig;
  if (!path.empty()) {
    return read_kubeconfig(path, request.context, request.allow_insecure);
  }
  auto in_cluster = in_cluster_config(environment);
  const std::string home = environment("HOME");
  const std::string fallback = home + "/.kube/config";
  if (!in_cluster && !home.empty() && fs::exists(fallback)) {
    return read_kubeconfig(fallback, request.context, request.allow_insecure);
  }
  if (!in_cluster) {
    return fail(std::move(in_cluster)
                    .error()
                    .with_context("no API server to talk to: pass --kubeconfig, set KUBECONFIG, or "
                                  "run in a pod with a "
                                  "service account token"));
  }
  return in_cluster;
}

}  // namespace penstock::kube
