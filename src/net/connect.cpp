#include "net/connect.h"

#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <utility>

namespace penstock::net {
namespace {

class ConnectAwaiter final : public IoOp {
 public:
  ConnectAwaiter(TcpStream& stream, const Address& address) : stream_(stream), address_(address) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    stream_.start_connect(address_, *this);
  }
  [[nodiscard]] IoStatus await_resume() const noexcept { return status_; }
  void complete(IoResult result) override {
    status_ = result.status;
    awaiting_.resume();
  }

 private:
  TcpStream& stream_;
  const Address& address_;
  IoStatus status_ = IoStatus::kOk;
  std::coroutine_handle<> awaiting_;
};

}  // namespace

Connector::Connector(Loop& loop, DnsCache& dns, Target target)
    : loop_(loop), dns_(dns), target_(std::move(target)) {}

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
  if (tcp_ != nullptr) {
    tcp_->close();
  }
  if (query_ != nullptr) {
    query_->cancel();
  }
}

Task<Expected<Addresses>> Connector::resolve() {
  if (const auto literal = Address::parse(target_.host, target_.port); literal) {
    co_return Addresses(1, *literal);
  }
  DnsCache::Query query(dns_, target_.host);
  query_ = &query;
  Addresses addresses = co_await query;
  query_ = nullptr;
  if (stopped_ || addresses.empty()) {
    co_return std::unexpected(failure(CallFault::kDns, "the name does not resolve"));
  }
  for (Address& address : addresses) {
    address.set_port(target_.port);
  }
  co_return addresses;
}

Task<Expected<std::unique_ptr<ByteStream>>> Connector::run() {
  loop_.arm(timer_, target_.timeout);
  auto addresses = co_await resolve();
  if (!addresses) {
    co_return std::unexpected(std::move(addresses).error());
  }
  std::unique_ptr<ByteStream> stream;
  IoStatus status = IoStatus::kRefused;
  for (const Address& address : *addresses) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) {
      co_return std::unexpected(failure(CallFault::kConnect, std::strerror(errno)));
    }
    auto tcp = std::make_unique<TcpStream>(loop_, std::move(socket));
    tcp_ = tcp.get();
    status = co_await ConnectAwaiter(*tcp, address);
    tcp_ = nullptr;
    if (stopped_ || status == IoStatus::kOk) {
      stream = std::move(tcp);
      break;
    }
  }
  if (stopped_ || status != IoStatus::kOk) {
    co_return std::unexpected(failure(CallFault::kConnect, to_string(status)));
  }
  if (target_.tls) {
    tcp_ = static_cast<TcpStream*>(stream.get());
    auto secured = co_await connect_tls(std::move(stream), target_.tls, target_.server_name);
    tcp_ = nullptr;
    if (!secured) {
      co_return std::unexpected(failure(CallFault::kTls, secured.error()));
    }
    stream = std::move(*secured);
  }
  timer_.cancel();
  co_return stream;
}

}  // namespace penstock::net
