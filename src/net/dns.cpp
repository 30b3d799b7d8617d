#include "net/dns.h"

#include <netdb.h>
#include <thread>
#include <utility>

#include "net/poller.h"

namespace penstock::net {

/// getaddrinfo().
Addresses DnsCache::ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  Addresses addresses;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    return addresses;
  }
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    addresses.push_back(Address::from(next->ai_addr, next->ai_addrlen));
  }
  ::freeaddrinfo(found);
  return addresses;
}

void DnsCache::look_up(const std::string& host) {
  ++lookups_;
  std::thread([self = std::weak_ptr(self_), poller = loop_.impl().weak_from_this(),
               resolver = resolver_, host] {
    Addresses found = resolver(host);
    if (const auto loop = poller.lock()) {
      loop->post([self, host, found = std::move(found)]() mutable {
        if (const auto cache = self.lock()) {
          (*cache)->resolved(host, std::move(found));
        }
      });
    }
  }).detach();
}

void DnsCache::resolved(const std::string& host, Addresses addresses) {
  Entry& entry = entries_[host];
  entry.looking = false;
  if (!addresses.empty()) {
    entry.addresses = std::move(addresses);
    entry.expires = loop_.now() + ttl_;
  }
  while (Query* query = entry.waiting.pop_front()) {
    query->answer(entry.addresses);
  }
}

bool DnsCache::Query::await_ready() {
  const auto entry = cache_.entries_.find(host_);
  if (entry == cache_.entries_.end() || entry->second.expires <= cache_.loop_.now()) {
    return false;
  }
  found_ = entry->second.addresses;
  return true;
}

void DnsCache::Query::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  Entry& entry = cache_.entries_[host_];
  entry.waiting.push_back(*this);
  if (!std::exchange(entry.looking, true)) {
    cache_.look_up(host_);
  }
}

void DnsCache::Query::answer(const Addresses& addresses) {
  unlink();
  if (awaiting_) {
    found_ = addresses;
    cache_.loop_.schedule(std::exchange(awaiting_, {}));
  }
}

}  // namespace penstock::net
