#include "controller/inferencegateway/replica_versions.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "kube/http_transport.h"

namespace penstock::controller::inferencegateway {
namespace {

constexpr std::chrono::milliseconds kLimit{500};
constexpr std::size_t kAtOnce = 16;

std::optional<std::string> ask(const std::string& address, std::uint16_t port,
                               const std::stop_token& stop) {
  kube::ClusterConfig config;
  const bool ipv6 = address.find(':') != std::string::npos;
  config.server = "http://" + (ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  kube::TlsSource tls(config, system_clock());
  kube::HttpTransportOptions options;
  options.connect_timeout = kLimit;
  const auto transport = kube::make_http_transport(config, tls, options);
  if (!transport) {
    return std::nullopt;
  }
  kube::HttpRequest request;
  request.method = "GET";
  request.target = "/snapshot-version";
  request.deadline = kLimit;
  const auto response = (*transport)->send(request, nullptr, stop);
  if (!response || response->status != 200) {
    return std::nullopt;
  }
  std::string version = response->body;
  while (version.ends_with('\n')) {
    version.pop_back();
  }
  return version;
}

}  // namespace

void ask_versions(std::vector<Replica>& replicas, std::uint16_t admin_port,
                  const std::stop_token& stop) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(kAtOnce, replicas.size()); ++i) {
    threads.emplace_back([&] {
      for (std::size_t index = next++; index < replicas.size(); index = next++) {
        Replica& replica = replicas[index];
        if (replica.ready && !replica.address.empty() && !stop.stop_requested()) {
          replica.version = ask(replica.address, admin_port, stop);
        }
      }
    });
  }
}  // joins

}  // namespace penstock::controller::inferencegateway
