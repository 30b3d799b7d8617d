#include "controller/configuration/server.h"

#include <atomic>
#include <netinet/tcp.h>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <utility>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "controller/configuration/connection_threads.h"
#include "controller/configuration/tls_door.h"
#include "gateway/snapshot/frame.h"
#include "json/value.h"

namespace penstock::controller::configuration {
namespace {

using authority::GatewayIdentity;

constexpr std::size_t kMostOthers = 32;  ///< handshakes and reports, beside the streams
constexpr std::chrono::seconds kReadLimit{5};
constexpr const char* kFramesType = "application/vnd.penstock.snapshots";

/// A peer that vanished must show: sent bytes may stay unacknowledged for so long.
void tune(int socket, std::chrono::milliseconds stall) {
  const int limit = static_cast<int>(3 * stall.count());
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(stall);
  const timeval wait{seconds.count(), std::chrono::microseconds(stall - seconds).count()};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

void refuse(httplib::Response& response, const Error& error) {
  response.status = info(error.code()).http_status;
  response.set_content(json::Value{{"error", error.message()}}.dump(), "application/json");
}

Error untrusted() {
  return {Code::kForbidden, "the client certificate is not trusted any more"};
}

/// The streams that are open: counted, and known by socket so that they can be cut.
class Streams {
 public:
  Streams(std::size_t most, std::size_t most_of_one) : most_(most), most_of_one_(most_of_one) {}

  Result<> open(const GatewayIdentity& gateway, int socket) {
    const std::lock_guard lock(mutex_);
    std::size_t& own = of_one_[authority::identity_uri(gateway)];
    if (sockets_.size() >= most_ || own >= most_of_one_) {
      return fail(Code::kUnavailable, "too many streams are open; ask another replica");
    }
    ++own;
    sockets_.insert(socket);
    return {};
  }

  void close(const GatewayIdentity& gateway, int socket) {
    const std::lock_guard lock(mutex_);
    sockets_.erase(socket);
    const auto own = of_one_.find(authority::identity_uri(gateway));
    if (--own->second == 0) {
      of_one_.erase(own);
    }
  }

  void cut_all() {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return sockets_.size();
  }

 private:
  const std::size_t most_;
  const std::size_t most_of_one_;
  mutable std::mutex mutex_;
  std::set<int> sockets_;
  std::map<std::string, std::size_t> of_one_;
};

/// One gateway's stream.
struct Reader {
  Peer peer;
  std::uint64_t sent = 0;  ///< version
  SteadyTime next_beat;
};

}  // namespace

struct Server::Parts {
  Parts(const ServerOptions& given, const Publications& source, DemandSink to, const Waiter& wait)
      : options(given),
        publications(source),
        sink(std::move(to)),
        waiter(wait),
        streams(given.most_streams, given.most_streams_of_one) {}

  void stream(const httplib::Request& request, httplib::Response& response) {
    const auto peer = peer_of(request.ssl);
    if (!peer) {
      return refuse(response, peer.error());
    }
    const int socket = SSL_get_fd(request.ssl);
    if (const auto opened = streams.open(peer->gateway, socket); !opened) {
      return refuse(response, opened.error());
    }
    // After open(): an authority taken back before this is seen here, and one taken back later
    // cuts.
    if (!door.trusts(request.ssl)) {
      streams.close(peer->gateway, socket);
      return refuse(response, untrusted());
    }
    tune(socket, options.stall);
    auto reader = std::make_shared<Reader>(Reader{*peer, 0, waiter.now()});
    log::info("a gateway follows its configuration", {{"namespace", peer->gateway.name_space},
                                                      {"gateway", peer->gateway.name},
                                                      {"peer", request.remote_addr}});
    response.set_chunked_content_provider(
        kFramesType,
        [this, reader](std::size_t, httplib::DataSink& out) { return write_next(*reader, out); },
        [this, reader, socket](bool) { streams.close(reader->peer.gateway, socket); });
  }

  /// Waits for something to say and says it. False ends the connection.
  bool write_next(Reader& reader, httplib::DataSink& out) {
    const auto next = publications.wait_for(reader.peer.gateway, reader.sent, reader.next_beat,
                                            stopping.get_token());
    if (stopping.stop_requested() || waiter.wall_now() >= reader.peer.until) {
      return false;
    }
    if (next) {
      reader.sent = next->version;
    }
    const auto frame = gateway::snapshot::write_frame(reader.sent, next ? next->bytes : "");
    const bool written = frame && out.write(frame->data(), frame->size());
    reader.next_beat = waiter.now() + options.heartbeat;
    return written;
  }

  void demand(const httplib::Request& request, httplib::Response& response) {
    const auto peer = peer_of(request.ssl);
    if (!peer) {
      return refuse(response, peer.error());
    }
    if (!door.trusts(request.ssl)) {
      return refuse(response, untrusted());
    }
    if (const auto taken = sink(peer->gateway, request.body); !taken) {
      return refuse(response, taken.error());
    }
    constexpr int kNoContent = 204;
    response.status = kNoContent;
  }

  Result<> listen() {
    server = std::make_unique<httplib::SSLServer>(
        [this](SSL_CTX& context) { return door.set_up(context); });
    if (!server->is_valid()) {
      return fail(Code::kInternal, "TLS 1.3 cannot be set up");
    }
    server->new_task_queue = [most = options.most_streams + kMostOthers] {
      return new ConnectionThreads(most);  // the library owns it
    };
    server->set_payload_max_length(kLongestDemand);
    server->set_read_timeout(kReadLimit);
    server->set_write_timeout(options.stall);
    server->set_keep_alive_max_count(1);
    server->set_tcp_nodelay(true);
    server->Get("/v1/snapshots", [this](const auto& in, auto& out) { stream(in, out); });
    server->Post("/v1/demand", [this](const auto& in, auto& out) { demand(in, out); });
    port = options.port;
    const bool bound = port == 0 ? (port = server->bind_to_any_port(options.host)) > 0
                                 : server->bind_to_port(options.host, port);
    if (!bound) {
      return fail(Code::kUnavailable, "cannot listen on " + options.host + ":" +
                                          std::to_string(options.port) +
                                          "; is the port in use? Choose another, or 0 for any");
    }
    thread = std::jthread([this] { server->listen_after_bind(); });
    while (!server->is_running()) {
      std::this_thread::yield();  // stop() before that would be lost
    }
    return {};
  }

  const ServerOptions options;
  const Publications& publications;
  const DemandSink sink;
  const Waiter& waiter;
  TlsDoor door;
  Streams streams;
  std::string bundle;  ///< of the last use()
  std::stop_source stopping;
  int port = 0;
  std::unique_ptr<httplib::SSLServer> server;
  std::jthread thread;  ///< last: it uses all of the above
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  parts_->stopping.request_stop();
  parts_->streams.cut_all();
  parts_->server->stop();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options,
                                              const Publications& publications, DemandSink sink,
                                              const Waiter& waiter) {
  auto parts = std::make_unique<Parts>(options, publications, std::move(sink), waiter);
  PENSTOCK_CHECK_OK(parts->listen());
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Result<> Server::use(const authority::KeyPair& identity, std::string_view bundle) {
  PENSTOCK_CHECK_OK(parts_->door.use(identity, bundle));
  const std::string before = std::exchange(parts_->bundle, std::string(bundle));
  if (!bundle.contains(before)) {  // new ones are added at its end
    parts_->streams.cut_all();
  }
  return {};
}

int Server::port() const noexcept {
  return parts_->port;
}

std::size_t Server::streams() const {
  return parts_->streams.count();
}

}  // namespace penstock::controller::configuration
