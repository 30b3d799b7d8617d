#include "net/connect.h"

#include <utility>

#include <boost/asio/ip/basic_resolver.hpp>

#include "net/tcp_stream.h"

namespace penstock::net {
namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

class ConnectAwaiter {
 public:
  ConnectAwaiter(Socket& socket, const asio::ip::tcp::endpoint& endpoint)
      : socket_(socket), endpoint_(endpoint) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    socket_.async_connect(endpoint_, [this, awaiting](const boost::system::error_code& error) {
      error_ = error;
      awaiting.resume();
    });
  }
  [[nodiscard]] boost::system::error_code await_resume() const noexcept { return error_; }

 private:
  Socket& socket_;
  const asio::ip::tcp::endpoint& endpoint_;
  boost::system::error_code error_;
};

}  // namespace

const Endpoints* DnsCache::find(const std::string& host, SteadyTime now) const {
  const auto entry = entries_.find(host);
  return entry == entries_.end() || entry->second.expires <= now ? nullptr
                                                                 : &entry->second.endpoints;
}

void DnsCache::put(const std::string& host, Endpoints endpoints, SteadyTime now) {
  entries_.insert_or_assign(host, Entry{std::move(endpoints), now + ttl_});
}

/// Outlives the attempt: getaddrinfo() cannot be interrupted, so a cancelled attempt leaves it
/// behind.
struct Connector::Lookup {
  explicit Lookup(Loop& loop) : resolver(loop.impl().context.get_executor()) {}
  Resolver resolver;
  std::coroutine_handle<> waiter;
  boost::system::error_code error;
  Endpoints endpoints;

  struct Awaiter {
    Lookup& lookup;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      lookup.waiter = awaiting;
    }
    void await_resume() const noexcept {}
  };
};

Connector::Connector(Loop& loop, DnsCache& dns, Target target)
    : loop_(loop),
      dns_(dns),
      target_(std::move(target)),
      socket_(loop.impl().context.get_executor()) {}

CallError Connector::failure(CallFault fault, std::string_view reason) const {
  if (stopped_) {
    fault = cancelled_ ? CallFault::kCancelled : CallFault::kConnect;
    reason = cancelled_ ? "cancelled" : "no connection in time";
  }
  return {fault, "connect " + target_.host + ":" + std::to_string(target_.port) + ": " +
                     std::string(reason)};
}

void Connector::stop(bool cancelled) {
  if (stopped_) {
    return;
  }
  stopped_ = true;
  cancelled_ = cancelled;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (raw_ != nullptr) {
    raw_->close();
  }
  if (lookup_ && lookup_->waiter) {
    lookup_->resolver.cancel();
    loop_.schedule(std::exchange(lookup_->waiter, {}));
  }
}

Task<Expected<Endpoints>> Connector::resolve() {
  boost::system::error_code not_literal;
  const auto address = asio::ip::make_address(target_.host, not_literal);
  if (!not_literal) {
    Endpoints one;
    one.emplace_back(address, target_.port);
    co_return one;
  }
  if (const Endpoints* known = dns_.find(target_.host, loop_.now()); known != nullptr) {
    Endpoints endpoints = *known;
    for (auto& endpoint : endpoints) {
      endpoint.port(target_.port);
    }
    co_return endpoints;
  }
  lookup_ = std::make_shared<Lookup>(loop_);
  lookup_->resolver.async_resolve(target_.host, std::to_string(target_.port),
                                  [lookup = lookup_](const boost::system::error_code& error,
                                                     const Resolver::results_type& results) {
                                    lookup->error = error;
                                    for (const auto& result : results) {
                                      lookup->endpoints.push_back(result.endpoint());
                                    }
                                    if (lookup->waiter) {
                                      std::exchange(lookup->waiter, {}).resume();
                                    }
                                  });
  co_await Lookup::Awaiter(*lookup_);
  const auto lookup = std::exchange(lookup_, nullptr);
  if (stopped_ || lookup->error || lookup->endpoints.empty()) {
    co_return std::unexpected(failure(CallFault::kDns, "the name does not resolve"));
  }
  dns_.put(target_.host, lookup->endpoints, loop_.now());
  co_return lookup->endpoints;
}

Task<Expected<std::unique_ptr<ByteStream>>> Connector::run() {
  loop_.arm(timer_, target_.timeout);
  auto endpoints = co_await resolve();
  if (!endpoints) {
    co_return std::unexpected(std::move(endpoints).error());
  }
  boost::system::error_code error;
  bool connected = false;
  for (const auto& endpoint : *endpoints) {
    if (stopped_) {
      break;
    }
    error = co_await ConnectAwaiter(socket_, endpoint);
    connected = !error && !stopped_;
    if (connected) {
      break;
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  if (!connected) {
    co_return std::unexpected(failure(CallFault::kConnect, error.message()));
  }
  std::unique_ptr<ByteStream> stream = std::make_unique<TcpStream>(std::move(socket_));
  if (target_.tls) {
    raw_ = stream.get();
    auto secured = co_await connect_tls(std::move(stream), target_.tls, target_.server_name);
    raw_ = nullptr;
    if (!secured) {
      co_return std::unexpected(failure(CallFault::kTls, secured.error()));
    }
    stream = std::move(*secured);
  }
  timer_.cancel();
  co_return stream;
}

}  // namespace penstock::net
