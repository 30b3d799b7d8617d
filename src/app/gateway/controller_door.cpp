#include "app/gateway/controller_door.h"

#include <netdb.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "kube/credentials.h"
#include "kube/http_transport.h"

namespace penstock::app::gateway_role {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{64} << 10U;  ///< of errors; frames are apart

Result<std::string> read_pem(const std::filesystem::path& file) {
  PENSTOCK_TRY(text, kube::read_small_file(file.string()));
  if (!text.contains("-----BEGIN ")) {
    return fail(Code::kInvalid, file.string() + " holds no PEM text");
  }
  return text;
}

/// Keeps the credentials, which a transport only refers to, as long as the transport.
class Door final : public kube::Transport {
 public:
  explicit Door(const kube::ClusterConfig& config) : tls_(config, system_clock()) {}

  Result<> open(const kube::ClusterConfig& config, std::chrono::milliseconds connect_timeout) {
    kube::HttpTransportOptions options;
    options.connect_timeout = connect_timeout;
    options.max_body = kLongestAnswer;
    options.peer = "the controller";
    PENSTOCK_TRY(transport, kube::make_http_transport(config, tls_, options));
    transport_ = std::move(transport);
    return {};
  }

  std::expected<kube::HttpResponse, kube::TransportError> send(const kube::HttpRequest& request,
                                                               const kube::BodySink& sink,
                                                               std::stop_token stop) override {
    return transport_->send(request, sink, std::move(stop));
  }

 private:
  kube::TlsSource tls_;
  std::unique_ptr<kube::Transport> transport_;
};

}  // namespace

bool Identity::same_as(const Identity& other) const {
  return certificate == other.certificate && trusted == other.trusted &&
         key.matches(other.key.reveal());
}

Result<Identity> read_identity(const std::filesystem::path& folder) {
  PENSTOCK_TRY(certificate, read_pem(folder / "tls.crt"));
  PENSTOCK_TRY(key, read_pem(folder / "tls.key"));
  PENSTOCK_TRY(trusted, read_pem(folder / "ca.crt"));
  return Identity{std::move(certificate), Secret(std::move(key)), std::move(trusted)};
}

Result<kube::ServerUrl> parse_controller_url(const std::string& text) {
  PENSTOCK_TRY(url, kube::parse_server_url(text, "--controller"));
  if (!url.tls || !url.path.empty()) {
    return fail(Code::kInvalid, "--controller \"" + text +
                                    "\" is not https://HOST:PORT; write for example "
                                    "https://penstock-configuration.penstock-system.svc:9443");
  }
  return url;
}

std::vector<std::string> resolve_all(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<std::string> out;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    return out;
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST] = {};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      out.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  return out;
}

Result<std::unique_ptr<kube::Transport>> open_door(const kube::ServerUrl& server,
                                                   const std::string& address,
                                                   const Identity& identity,
                                                   std::chrono::milliseconds connect_timeout) {
  kube::ClusterConfig config;
  const bool ipv6 = address.find(':') != std::string::npos;
  config.server =
      "https://" + (ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(server.port);
  if (!server.is_address()) {
    config.tls_server_name = server.host;
  }
  config.ca.data = Secret(identity.trusted);
  config.client_certificate.data = Secret(identity.certificate);
  config.client_key.data = identity.key;
  config.origin = "--controller";
  auto door = std::make_unique<Door>(config);
  PENSTOCK_CHECK_OK(door->open(config, connect_timeout));
  return door;
}

}  // namespace penstock::app::gateway_role
