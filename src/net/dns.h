#pragma once
// Addresses of names: looked up on a thread (getaddrinfo blocks), remembered briefly, one lookup
// per name however many ask. For the files of this folder. One loop.
//
//   DnsCache::Query query(cache, host);
//   const Addresses found = co_await query;     // empty: the name does not resolve, or
//   query.cancel()
//
// When a name stops resolving, its last known addresses are still given: a sick name server must
// not take healthy upstreams away.

#include <chrono>
#include <coroutine>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/intrusive_list.h"
#include "net/loop.h"
#include "net/socket.h"

namespace penstock::net {

using Addresses = std::vector<Address>;

class DnsCache {
 public:
  /// Called on a thread of its own; empty = no such name.
  using Resolver = Addresses (*)(const std::string& host);

  DnsCache(Loop& loop, std::chrono::milliseconds ttl, Resolver resolver = &ask_system)
      : loop_(loop), ttl_(ttl), resolver_(resolver) {}
  /// Nobody may be waiting. A lookup under way ends by itself, unheard.
  ~DnsCache() = default;
  DnsCache(const DnsCache&) = delete;
  DnsCache& operator=(const DnsCache&) = delete;

  class Query;

  /// How many lookups were started.
  [[nodiscard]] std::uint64_t lookups() const { return lookups_; }

 private:
  struct Entry {
    Addresses addresses;
    SteadyTime expires{};
    bool looking = false;
    IntrusiveList<Query> waiting;
  };

  static Addresses ask_system(const std::string& host);
  void look_up(const std::string& host);
  void resolved(const std::string& host, Addresses addresses);

  Loop& loop_;
  std::chrono::milliseconds ttl_;
  Resolver resolver_;
  std::uint64_t lookups_ = 0;
  std::map<std::string, Entry, std::less<>> entries_;
  std::shared_ptr<DnsCache*> self_ =
      std::make_shared<DnsCache*>(this);  ///< for lookups that outlive us
};

class DnsCache::Query final : public ListNode {
 public:
  /// `host` must outlive it.
  Query(DnsCache& cache, const std::string& host) : cache_(cache), host_(host) {}

  [[nodiscard]] bool await_ready();
  void await_suspend(std::coroutine_handle<> awaiting);
  [[nodiscard]] Addresses await_resume() { return std::move(found_); }

  /// Resumes the waiter soon, with nothing.
  void cancel() { answer({}); }

 private:
  friend class DnsCache;
  void answer(const Addresses& addresses);

  DnsCache& cache_;
  const std::string& host_;
  Addresses found_;
  std::coroutine_handle<> awaiting_;
};

}  // namespace penstock::net
