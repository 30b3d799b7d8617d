#pragma once
// A connection to an upstream through its life (in a call, idle, retired), and the pool's inside.
// For the files of this folder; others see http_client.h.

#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "net/connect.h"
#include "net/http_client.h"
#include "net/http_parse.h"
#include "net/input.h"
#include "net/intrusive_list.h"

namespace penstock::net {

/// A connection to an upstream: in a call (owned by it), idle in its origin's list, or retired,
/// which means closed and only waiting for its outstanding read to end. In the last two states it
/// owns itself.
class ClientConnection final : public ListNode, private Input::Listener {
 public:
  static constexpr std::size_t kInitialCapacity = 16U << 10U;

  ClientConnection(std::unique_ptr<ByteStream> stream, std::size_t& live)
      : stream_(std::move(stream)), input(*stream_, kInitialCapacity), live_(live) {
    ++live_;
  }
  ~ClientConnection() { --live_; }

  [[nodiscard]] ByteStream& stream() { return *stream_; }

  /// Into `list`, which `count` counts.
  void make_idle(IntrusiveList<ClientConnection>& list, std::size_t& count) {
    list.push_back(*this);
    idle_count_ = &count;
    ++count;
    input.set_listener(this);
    input.watch();
  }
  void make_busy() {
    leave_list();
    input.set_listener(nullptr);
  }
  static void retire(std::unique_ptr<ClientConnection> connection) {
    ClientConnection* self = connection.release();
    self->close_idle();
  }
  /// Closes a connection that owns itself.
  void close_idle() {
    leave_list();
    stream_->close();
    if (!input.reading()) {
      delete this;
    } else {
      input.set_listener(this);
    }
  }
  [[nodiscard]] Timer& idle_timer() { return idle_timer_; }

 private:
  void input_ended(IoStatus /*status*/) override { close_idle(); }
  bool input_arrived() override {
    close_idle();  // an upstream that speaks without being asked is out of step
    return false;
  }
  void leave_list() {
    idle_timer_.cancel();
    unlink();
    if (idle_count_ != nullptr) {
      --*std::exchange(idle_count_, nullptr);
    }
  }

  std::unique_ptr<ByteStream> stream_;

 public:
  Input input;
  HeadScanner scanner;
  ResponseHead head;  ///< of the call at hand; here so that its memory is kept

 private:
  std::size_t& live_;
  std::size_t* idle_count_ = nullptr;
  MemberTimer<&ClientConnection::close_idle> idle_timer_{*this};
};

struct Origin {
  explicit Origin(OriginKey origin_key) : key(std::move(origin_key)) {
    if (key.tls && key.sni.empty()) {
      key.sni = key.host;
    }
  }
  OriginKey key;
  IntrusiveList<ClientConnection> idle;
  std::size_t idle_count = 0;
};

struct KeyLess {
  bool operator()(const OriginKey& a, const OriginKey& b) const {
    return std::tie(a.host, a.port, a.tls, a.sni) < std::tie(b.host, b.port, b.tls, b.sni);
  }
};

struct ClientPool::Impl {
  Impl(Loop& pool_loop, PoolOptions pool_options)
      : loop(pool_loop), options(std::move(pool_options)), dns(loop, options.dns_ttl) {}

  /// A connection that can be used at once, or null.
  std::unique_ptr<ClientConnection> take(Origin& origin);
  void give(Origin& origin, std::unique_ptr<ClientConnection> connection);

  Loop& loop;
  PoolOptions options;
  PoolStats stats;
  DnsCache dns;
  std::size_t live = 0;  ///< connections in any state
  std::map<OriginKey, std::unique_ptr<Origin>, KeyLess> origins;
};

}  // namespace penstock::net
