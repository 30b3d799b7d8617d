#include "tests/integration/kube/real_cluster.h"

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "base/wait.h"

namespace penstock::test {

using kube::Object;
using kube::ObjectKey;
namespace resources = kube::resources;

void RealCluster::SetUp() {
  auto config = kube::find_cluster_config({}, [](const char* name) {
    return std::string(name) == "HOME" ? std::string() : kube::process_environment(name);
  });
  ASSERT_TRUE(config) << config.error().to_string() << "\nStart one with hack/cluster.sh up";
  config_ = *config;
  ASSERT_TRUE(config_.server.find("//127.0.0.1:") != std::string::npos)
      << "tests only talk to a cluster of this machine, not to " << config_.server;
  connection_ = connect(config_);
  namespace_ = "kube-test-" + secure_hex(4);
  const auto made = client().create(
      resources::kNamespaces,
      Object(json::Value{
          {"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", namespace_}}}}),
      "test");
  ASSERT_TRUE(made) << made.error().to_string();
}

void RealCluster::TearDown() {
  if (connection_) {
    static_cast<void>(client().remove(resources::kNamespaces, {"", namespace_}));
  }
}

std::unique_ptr<kube::Connection> RealCluster::connect(const kube::ClusterConfig& config) {
  kube::ConnectionOptions options;
  options.caller.qps = 0;
  return kube::Connection::make(config, std::move(options)).value();
}

Object RealCluster::config_map(const std::string& name, const std::string& value) const {
  return Object(json::Value{{"apiVersion", "v1"},
                            {"kind", "ConfigMap"},
                            {"metadata", {{"name", name}, {"namespace", namespace_}}},
                            {"data", {{"v", value}}}});
}

void RealCluster::eventually(const char* what, const std::function<bool()>& done) {
  const Waiter& waiter = system_waiter();
  const SteadyTime deadline = waiter.now() + std::chrono::seconds(20);
  while (!done()) {
    ASSERT_LT(waiter.now(), deadline) << what;
    waiter.sleep(std::chrono::milliseconds(10), {});
  }
}

std::string RealCluster::make_token(const std::string& account, int seconds) {
  const auto made = client().create(
      resources::kServiceAccounts,
      Object(json::Value{{"apiVersion", "v1"},
                         {"kind", "ServiceAccount"},
                         {"metadata", {{"name", account}, {"namespace", namespace_}}}}),
      "test");
  if (!made) {
    ADD_FAILURE() << made.error().to_string();
    return {};
  }
  // The token subresource is a create below the object.
  const kube::Resource tokens{"", "v1", "serviceaccounts", "TokenRequest"};
  kube::Call call;
  call.verb = "create";
  call.resource = tokens.plural;
  call.doing = "requesting a token";
  call.write = true;
  call.request.method = "POST";
  call.request.target = object_path(resources::kServiceAccounts, {namespace_, account}, "token");
  call.request.content_type = "application/json";
  call.request.body = json::Value{{"apiVersion", "authentication.k8s.io/v1"},
                                  {"kind", "TokenRequest"},
                                  {"spec", {{"expirationSeconds", seconds}}}}
                          .dump();
  const auto answer = connection_->caller().call(call, nullptr, {});
  if (!answer) {
    ADD_FAILURE() << answer.error().to_string();
    return {};
  }
  return json::Value::parse(answer->body)["status"]["token"];
}

}  // namespace penstock::test
