#include "kube/http_transport.h"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <mutex>
#include <netinet/tcp.h>
#include <optional>
#include <vector>

#include <httplib.h>

#include "base/wait.h"
#include "kube/server_url.h"
#include "kube/tls_setup.h"
#include "kube/watchdog.h"

namespace penstock::kube {
namespace {

using Answer = std::expected<HttpResponse, TransportError>;

std::unexpected<TransportError> failed(TransportFailure failure, std::string message) {
  return std::unexpected(TransportError{failure, std::move(message)});
}

/// A half-open peer must show within 30 s: that long may sent bytes stay unacknowledged, and an
/// idle connection is probed after 15 s.
void tune(int socket) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

/// OpenSSL writes with write(2): to a socket that the peer or the watchdog has shut down that is a
/// SIGPIPE, whose default ends the process. Leaves a handler of the program alone.
void survive_broken_pipes() {
  struct sigaction now{};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
}

std::string numeric_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0 || found == nullptr) {
    return host;
  }
  char text[NI_MAXHOST] = {};
  ::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  ::freeaddrinfo(found);
  return text;
}

struct Connection {
  std::unique_ptr<httplib::ClientImpl> client;
  SocketHandle socket;
  std::uint64_t tls_version = 0;
  SteadyTime idle_since{};
};

class HttpTransport final : public Transport {
 public:
  HttpTransport(ServerUrl server, std::optional<ServerUrl> proxy, TlsSetup setup, TlsSource& tls,
                HttpTransportOptions options)
      : server_(std::move(server)),
        proxy_(std::move(proxy)),
        setup_(std::move(setup)),
        tls_(tls),
        options_(std::move(options)) {}

  Answer send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override;

 private:
  struct Exchange;

  std::expected<Connection, TransportError> connection();
  std::expected<Connection, TransportError> fresh(const TlsMaterial* material);
  void give_back(Connection connection);
  void drop_idle_since(SteadyTime start);
  Answer outcome(const Exchange& exchange, httplib::Error error, Watchdog::Verdict verdict) const;

  const ServerUrl server_;
  const std::optional<ServerUrl> proxy_;
  const TlsSetup setup_;
  TlsSource& tls_;
  const HttpTransportOptions options_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
  Watchdog watchdog_;
};

/// One request on its way.
struct HttpTransport::Exchange {
  HttpResponse response;
  bool connected = false;  ///< this exchange has had a socket: bytes may have left
  bool refused = false;    ///< the sink said no
  bool too_large = false;
};

std::expected<Connection, TransportError> HttpTransport::fresh(const TlsMaterial* material) {
  Connection connection;
  if (material == nullptr) {
    connection.client = std::make_unique<httplib::ClientImpl>(server_.host, server_.port);
  } else {
    auto client = std::make_unique<httplib::SSLClient>(setup_.name, server_.port);
    // httplib would trust the system's authorities beside ours, and it matches names by itself:
    // OpenSSL does both, during the handshake.
    client->enable_server_certificate_verification(false);
    if (auto ready = set_up_tls(*client->ssl_context(), *material, setup_); !ready) {
      return failed(TransportFailure::kNotSent, ready.error().to_string());
    }
    if (setup_.name != server_.host && !proxy_) {
      client->set_hostname_addr_map({{setup_.name, numeric_address(server_.host)}});
    }
    connection.client = std::move(client);
    connection.tls_version = material->version;
  }
  httplib::ClientImpl& client = *connection.client;
  if (proxy_) {
    client.set_proxy(proxy_->host, proxy_->port);
  }
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_url_encode(false);
  client.set_connection_timeout(options_.connect_timeout);
  return connection;
}

std::expected<Connection, TransportError> HttpTransport::connection() {
  std::shared_ptr<const TlsMaterial> material;
  if (server_.tls) {
    auto now = tls_.material();
    if (!now) {
      return failed(TransportFailure::kNotSent, now.error().to_string());
    }
    material = std::move(*now);
  }
  const std::uint64_t version = material ? material->version : 0;
  const SteadyTime oldest = system_clock().now() - options_.idle_connection;
  std::vector<Connection> dropped;  // closed after the lock
  {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      Connection candidate = std::move(idle_.back());
      idle_.pop_back();
      if (candidate.tls_version == version && candidate.idle_since > oldest &&
          candidate.socket.alive()) {
        return candidate;
      }
      dropped.push_back(std::move(candidate));
    }
  }
  return fresh(material.get());
}

void HttpTransport::give_back(Connection connection) {
  connection.idle_since = system_clock().now();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < options_.max_idle_connections) {
    idle_.push_back(std::move(connection));
  }
}

/// Where one connection fell silent, those that have lain idle since before may have, too: without
/// this each of them would cost a call its whole deadline.
void HttpTransport::drop_idle_since(SteadyTime start) {
  std::vector<Connection> dropped;  // closed after the lock
  const std::lock_guard lock(mutex_);
  const auto suspect = std::ranges::partition(
      idle_, [start](const Connection& idle) { return idle.idle_since > start; });
  std::ranges::move(suspect, std::back_inserter(dropped));
  idle_.erase(suspect.begin(), idle_.end());
}

Answer HttpTransport::outcome(const Exchange& exchange, httplib::Error error,
                              Watchdog::Verdict verdict) const {
  const std::string where = " (" + server_.host + ":" + std::to_string(server_.port) + ")";
  if (exchange.too_large) {
    return failed(
        TransportFailure::kRefused,
        "the answer is larger than " + std::to_string(options_.max_body) + " bytes" + where);
  }
  if (exchange.refused) {
    return failed(TransportFailure::kRefused, "the receiver ended the stream");
  }
  if (verdict == Watchdog::Verdict::kCancelled) {
    return failed(TransportFailure::kCancelled, "stopped while waiting for " + options_.peer);
  }
  if (verdict == Watchdog::Verdict::kTimeout) {
    return failed(TransportFailure::kTimeout,
                  "no answer from " + options_.peer + " in time" + where);
  }
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
    case httplib::Error::BindIPAddress:
      return failed(TransportFailure::kNotSent, "cannot connect to " + options_.peer + where);
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return failed(TransportFailure::kNotSent, "TLS handshake with " + options_.peer + " failed" +
                                                    where + ": " + take_tls_error());
    default:
      return failed(exchange.connected ? TransportFailure::kUnknown : TransportFailure::kNotSent,
                    "the connection to " + options_.peer + " broke" + where + ": " +
                        httplib::to_string(error));
  }
}

Answer HttpTransport::send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) {
  if (stop.stop_requested()) {
    return failed(TransportFailure::kCancelled, "stopped before the request was sent");
  }
  auto taken = connection();
  if (!taken) {
    return std::unexpected(std::move(taken.error()));
  }
  Connection connection = std::move(*taken);
  httplib::ClientImpl& client = *connection.client;
  Exchange exchange;

  httplib::Request out;
  out.method = request.method;
  out.path = server_.path + request.target;
  out.headers = httplib::Headers(request.headers.begin(), request.headers.end());
  // httplib knows brotli too; the API server's gzip costs more CPU than a cluster network does.
  out.headers.emplace("Accept-Encoding", "identity");
  if (!request.content_type.empty()) {
    out.headers.emplace("Content-Type", request.content_type);
    out.body = request.body;
  }
  out.response_handler = [&](const httplib::Response& head) {
    exchange.response.status = head.status;
    exchange.response.headers.assign(head.headers.begin(), head.headers.end());
    return true;
  };
  out.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    const bool success = exchange.response.status >= 200 && exchange.response.status < 300;
    if (sink && success) {
      exchange.refused = !sink(std::string_view(data, size));
      return !exchange.refused;
    }
    exchange.too_large = exchange.response.body.size() + size > options_.max_body;
    if (!exchange.too_large) {
      exchange.response.body.append(data, size);
    }
    return !exchange.too_large;
  };

  const SteadyTime start = system_clock().now();
  const std::uint64_t call = watchdog_.begin(start + request.deadline);
  watchdog_.attach(call, std::move(connection.socket));
  client.set_socket_options([&](int socket) {
    tune(socket);
    exchange.connected = true;
    watchdog_.attach(call, socket);
  });
  exchange.connected = client.is_socket_open() != 0;
  client.set_read_timeout(request.deadline);  // the watchdog is the exact one
  client.set_write_timeout(request.deadline);
  httplib::Response in;
  httplib::Error error = httplib::Error::Success;
  bool ok = false;
  static_cast<void>(take_tls_error());  // what earlier calls on this thread have left
  {
    const std::stop_callback on_stop(stop, [&] { watchdog_.cancel(call); });
    ok = client.send(out, in, error);
  }
  Watchdog::End end = watchdog_.end(call);
  // On a busy machine httplib may give up reading before the watchdog had its turn.
  const bool late = !ok && system_clock().now() >= start + request.deadline;
  if (late && end.verdict == Watchdog::Verdict::kInTime) {
    end.verdict = Watchdog::Verdict::kTimeout;
  }
  if (end.verdict == Watchdog::Verdict::kTimeout) {
    drop_idle_since(start);
  }
  if (!ok) {
    return outcome(exchange, error, end.verdict);
  }
  if (exchange.response.status == 0) {  // answers without a body (204) pass no response handler
    exchange.response.status = in.status;
    exchange.response.headers.assign(in.headers.begin(), in.headers.end());
  }
  if (end.verdict == Watchdog::Verdict::kInTime && client.is_socket_open() != 0) {
    connection.socket = std::move(end.socket);
    client.set_socket_options(nullptr);
    give_back(std::move(connection));
  }
  return std::move(exchange.response);
}

}  // namespace

Result<std::unique_ptr<Transport>> make_http_transport(const ClusterConfig& config, TlsSource& tls,
                                                       HttpTransportOptions options) {
  survive_broken_pipes();
  PENSTOCK_TRY(server, parse_server_url(config.server, "server of " + config.origin + ":"));
  std::optional<ServerUrl> proxy;
  if (!config.proxy_url.empty()) {
    PENSTOCK_TRY(parsed, parse_server_url(config.proxy_url, "proxy-url of " + config.origin + ":"));
    if (parsed.tls) {
      return fail(Code::kInvalid, "proxy-url of " + config.origin + ": only http:// proxies work");
    }
    proxy = std::move(parsed);
  }
  TlsSetup setup;
  setup.name = config.tls_server_name.empty() ? server.host : config.tls_server_name;
  setup.name_is_address = config.tls_server_name.empty() && server.is_address();
  setup.verify = !config.insecure_skip_tls_verify;
  return std::make_unique<HttpTransport>(std::move(server), std::move(proxy), std::move(setup), tls,
                                         std::move(options));
}

}  // namespace penstock::kube
