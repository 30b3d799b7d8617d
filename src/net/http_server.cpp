#include "net/http_server.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>

#include "base/log.h"
#include "net/asio_loop.h"
#include "net/server_connection.h"
#include "net/tcp_stream.h"
#include "net/tls.h"

namespace penstock::net {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// Accepts on one socket until closed.
struct Listener {
  Listener(Loop& loop, HttpServer::Impl& server_impl, bool v6, int descriptor)
      : server(server_impl),
        acceptor(loop.impl().context.get_executor(), v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                 descriptor),
        socket(loop.impl().context.get_executor()) {}

  void accept();
  void accepted(const boost::system::error_code& error);
  void again() { accept(); }

  HttpServer::Impl& server;
  Acceptor acceptor;
  Socket socket;
  asio::ip::tcp::endpoint peer;
  MemberTimer<&Listener::again> pause{*this};
  bool accepting = false;
};

std::string numeric(const asio::ip::tcp::endpoint& peer) {
  boost::asio::ip::address address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

}  // namespace

struct HttpServer::Impl {
  Impl(Loop& loop, Handler& handler, ServerOptions options)
      : shared(loop, handler, std::move(options)) {}

  void start(std::unique_ptr<ByteStream> stream, std::string peer);
  Task<void> run(std::unique_ptr<ByteStream> stream, std::string peer);

  ServerShared shared;
  std::vector<std::unique_ptr<Listener>> listeners;
  IntrusiveList<ServerConnection> connections;
};

void Listener::accept() {
  accepting = true;
  acceptor.async_accept(socket, peer,
                        [this](const boost::system::error_code& error) { accepted(error); });
}

void Listener::accepted(const boost::system::error_code& error) {
  accepting = false;
  if (!acceptor.is_open()) {
    return;
  }
  if (error) {
    if (error == boost::system::errc::connection_aborted) {
      accept();
      return;
    }
    log::warn("pausing accept", {{"error", error.message()}});  // out of descriptors, mostly
    server.shared.loop.arm(pause, std::chrono::milliseconds(100));
    return;
  }
  Socket taken = std::exchange(socket, Socket(server.shared.loop.impl().context.get_executor()));
  std::string address = numeric(peer);
  accept();
  server.start(std::make_unique<TcpStream>(std::move(taken)), std::move(address));
}

void HttpServer::Impl::start(std::unique_ptr<ByteStream> stream, std::string peer) {
  if (shared.connections.count() >= shared.options->max_connections ||
      !shared.connections.enter()) {
    ++shared.stats.connections_rejected;
    return;
  }
  ++shared.stats.connections_accepted;
  spawn(run(std::move(stream), std::move(peer)));
}

Task<void> HttpServer::Impl::run(std::unique_ptr<ByteStream> stream, std::string peer) {
  const bool tls = shared.options->tls != nullptr;
  if (tls) {
    stream = co_await accept_tls(shared.loop, std::move(stream), shared.options->tls,
                                 shared.options->header_timeout);
  }
  if (stream) {
    ServerConnection connection(shared, std::move(stream), std::move(peer), tls);
    connections.push_back(connection);
    co_await connection.run();
  }
  shared.connections.leave();
}

HttpServer::HttpServer(Loop& loop, Handler& handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(loop, handler, std::move(options))) {}

HttpServer::~HttpServer() = default;

void HttpServer::listen(ListenSocket socket) {
  const bool v6 = socket.is_v6();
  impl_->listeners.push_back(
      std::make_unique<Listener>(impl_->shared.loop, *impl_, v6, socket.release()));
  impl_->listeners.back()->accept();
}

void HttpServer::serve(std::unique_ptr<ByteStream> stream, std::string peer_address) {
  impl_->start(std::move(stream), std::move(peer_address));
}

void HttpServer::set_options(ServerOptions options) {
  impl_->shared.options = std::make_shared<const ServerOptions>(std::move(options));
}

Task<void> HttpServer::drain(std::chrono::milliseconds limit) {
  ServerShared& shared = impl_->shared;
  shared.draining = true;
  for (const auto& listener : impl_->listeners) {
    boost::system::error_code ignored;
    listener->acceptor.close(ignored);
    listener->pause.cancel();
  }
  impl_->connections.for_each([](ServerConnection& connection) { connection.drain(); });
  shared.connections.close();
  struct Cut final : Timer {
    explicit Cut(Impl& server) : impl(server) {}
    void expired() override {
      impl.connections.for_each([](ServerConnection& connection) { connection.abort(); });
    }
    Impl& impl;
  } cut(*impl_);
  shared.loop.arm(cut, limit);
  co_await shared.connections.wait();
  for (const auto& listener : impl_->listeners) {
    while (listener->accepting) {  // its aborted accept is still to be delivered
      co_await shared.loop.sleep(std::chrono::milliseconds(1));
    }
  }
}

std::size_t HttpServer::connections() const {
  return impl_->shared.connections.count();
}
std::size_t HttpServer::active_exchanges() const {
  return impl_->shared.exchanges;
}
const ServerStats& HttpServer::stats() const {
  return impl_->shared.stats;
}

Result<ListenSocket> ListenSocket::open(std::string_view address, std::uint16_t port) {
  const std::string text(address);
  sockaddr_storage storage{};
  socklen_t length = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    length = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    length = sizeof(sockaddr_in6);
  } else {
    return fail(Code::kInvalid,
                "listen address \"" + text +
                    "\" is not a numeric IP address; use for instance 127.0.0.1, 0.0.0.0 or ::");
  }
  const int family = storage.ss_family;
  ListenSocket socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), port,
                      family == AF_INET6);
  const int on = 1;
  const auto failed = [&](std::string_view doing) {
    return fail(Code::kUnavailable, std::string(doing) + " " + text + ":" + std::to_string(port) +
                                        ": " + std::strerror(errno) +
                                        "; choose another port or stop its user");
  };
  if (socket.descriptor_ < 0) {
    return failed("cannot open a socket for");
  }
  ::setsockopt(socket.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ::setsockopt(socket.descriptor_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (::bind(socket.descriptor_, reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
      ::listen(socket.descriptor_, 4096) != 0) {
    return failed("cannot listen on");
  }
  if (::getsockname(socket.descriptor_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return failed("cannot read the port of");
  }
  socket.port_ = ntohs(family == AF_INET6 ? v6->sin6_port : v4->sin_port);
  return socket;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), port_(other.port_), v6_(other.v6_) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  port_ = other.port_;
  v6_ = other.v6_;
  return *this;
}

ListenSocket::~ListenSocket() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

int ListenSocket::release() {
  return std::exchange(descriptor_, -1);
}

}  // namespace penstock::net
