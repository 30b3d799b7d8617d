#pragma once
// Making a connection: name to addresses, addresses to TCP, TCP to TLS. Knows no
// HTTP. For the files of this folder.

#include <memory>
#include <string>

#include "net/byte_stream.h"
#include "net/call_error.h"
#include "net/dns.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/task.h"
#include "net/tcp_stream.h"
#include "net/tls.h"

namespace penstock::net {

/// One attempt to connect; cancel() ends it soon, from the same loop.
class Connector {
 public:
  struct Target {
    const std::string& host;
    std::uint16_t port;
    const std::string& server_name;               ///< for TLS
    std::shared_ptr<const TlsClientContext> tls;  ///< null = plain
    std::chrono::milliseconds timeout;
  };

  Connector(Loop& loop, DnsCache& dns, Target target);

  /// Awaited once. Errors: kDns, kConnect, kTls, kCancelled.
  [[nodiscard]] Task<Expected<std::unique_ptr<ByteStream>>> run();
  void cancel() { stop(true); }

 private:
  [[nodiscard]] Task<Expected<Addresses>> resolve();
  [[nodiscard]] CallError failure(CallFault fault, std::string_view reason) const;
  void timed_out() { stop(false); }
  void stop(bool cancelled);

  Loop& loop_;
  DnsCache& dns_;
  Target target_;
  TcpStream* tcp_ = nullptr;  ///< connecting, or under a TLS handshake
  MemberTimer<&Connector::timed_out> timer_{*this};
  DnsCache::Query* query_ = nullptr;
  bool stopped_ = false;
  bool cancelled_ = false;
};

}  // namespace penstock::net
