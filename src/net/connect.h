#pragma once
// Making a connection: name to addresses (briefly cached), addresses to TCP, TCP to TLS. Knows no
// HTTP. For the files of this folder.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/byte_stream.h"
#include "net/call_error.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/task.h"
#include "net/tcp_stream.h"
#include "net/tls.h"

namespace penstock::net {

using Addresses = std::vector<Address>;

/// Addresses of names, kept for `ttl`. IP literals are never looked up. One loop.
class DnsCache {
 public:
  explicit DnsCache(std::chrono::milliseconds ttl) : ttl_(ttl) {}
  [[nodiscard]] const Addresses* find(const std::string& host, SteadyTime now) const;
  void put(const std::string& host, Addresses addresses, SteadyTime now);

 private:
  struct Entry {
    Addresses addresses;
    SteadyTime expires;
  };
  std::chrono::milliseconds ttl_;
  std::map<std::string, Entry, std::less<>> entries_;
};

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
  struct Lookup;

  [[nodiscard]] Task<Expected<Addresses>> resolve();
  [[nodiscard]] CallError failure(CallFault fault, std::string_view reason) const;
  void timed_out() { stop(false); }
  void stop(bool cancelled);

  Loop& loop_;
  DnsCache& dns_;
  Target target_;
  TcpStream* tcp_ = nullptr;  ///< connecting, or under a TLS handshake
  MemberTimer<&Connector::timed_out> timer_{*this};
  std::shared_ptr<Lookup> lookup_;
  bool stopped_ = false;
  bool cancelled_ = false;
};

}  // namespace penstock::net
