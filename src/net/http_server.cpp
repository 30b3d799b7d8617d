#include "net/http_server.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "net/listener.h"
#include "net/server_connection.h"
#include "net/socket.h"
#include "net/tcp_stream.h"
#include "net/tls.h"

namespace penstock::net {

struct HttpServer::Impl {
  Impl(Loop& loop, Handler& handler, ServerOptions options)
      : shared(loop, handler, std::move(options)) {}

  void start(std::unique_ptr<ByteStream> stream, std::string peer);
  Task<void> run(std::unique_ptr<ByteStream> stream, std::string peer);

  ServerShared shared;
  std::vector<std::unique_ptr<Listener>> listeners;
  IntrusiveList<ServerConnection> connections;
};

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
  Impl& impl = *impl_;
  impl.listeners.push_back(std::make_unique<Listener>(
      impl.shared.loop, Descriptor(socket.release()),
      [&impl](Descriptor accepted, std::string peer) {
        impl.start(std::make_unique<TcpStream>(impl.shared.loop, std::move(accepted)),
                   std::move(peer));
      }));
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
    listener->close();
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

Result<ListenSocket> ListenSocket::open(std::string_view address, std::uint16_t port, bool join) {
  const std::string text(address);
  auto local = Address::parse(text, port);
  if (!local) {
    return fail(Code::kInvalid, "listen address \"" + text +
                                    "\" is not a numeric IP address; use for instance 127.0.0.1, "
                                    "0.0.0.0 or ::");
  }
  const auto failed = [&](std::string_view doing) {
    return fail(Code::kUnavailable, std::string(doing) + " " + text + ":" + std::to_string(port) +
                                        ": " + std::strerror(errno) +
                                        "; choose another port or stop its user");
  };
  const auto bound = [&](bool share) {
    Descriptor made(::socket(local->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (share) {
      ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    return made.valid() && ::bind(made.get(), local->get(), local->length) == 0 ? std::move(made)
                                                                                : Descriptor();
  };
  // A sharing socket would quietly take every other call of another process's port.
  if (!join && port != 0 && !bound(false).valid()) {
    return failed("cannot listen on");
  }
  Descriptor socket = bound(true);
  if (!socket.valid() || ::listen(socket.get(), 4096) != 0) {
    return failed("cannot listen on");
  }
  if (::getsockname(socket.get(), local->get(), &local->length) != 0) {
    return failed("cannot read the port of");
  }
  return ListenSocket(socket.release(), local->port());
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), port_(other.port_) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  port_ = other.port_;
  return *this;
}

ListenSocket::~ListenSocket() {
  const Descriptor closing(descriptor_);
}

int ListenSocket::release() {
  return std::exchange(descriptor_, -1);
}

}  // namespace penstock::net
