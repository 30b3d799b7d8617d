// Connections that wait for their next call.

#include "net/client_connection.h"

namespace penstock::net {

std::unique_ptr<ClientConnection> ClientPool::Impl::take(Origin& origin) {
  while (ClientConnection* last = origin.idle.back()) {
    if (last->input.status() == IoStatus::kOk && last->input.size() == 0) {
      last->make_busy();
      ++stats.reuses;
      return std::unique_ptr<ClientConnection>(last);
    }
    last->close_idle();
  }
  return nullptr;
}

void ClientPool::Impl::give(Origin& origin, std::unique_ptr<ClientConnection> connection) {
  if (origin.idle_count >= options.max_idle_per_origin) {
    ClientConnection::retire(std::move(connection));
    return;
  }
  ClientConnection* idle = connection.release();
  idle->scanner.reset();
  loop.arm(idle->idle_timer(), options.idle_timeout);
  idle->make_idle(origin.idle, origin.idle_count);
}

ClientPool::ClientPool(Loop& loop, PoolOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}

ClientPool::~ClientPool() {
  for (const auto& [key, origin] : impl_->origins) {
    origin->idle.for_each([](ClientConnection& connection) { connection.close_idle(); });
  }
}

Origin& ClientPool::origin(const OriginKey& key) {
  auto found = impl_->origins.find(key);
  if (found == impl_->origins.end()) {
    found = impl_->origins.emplace(key, std::make_unique<Origin>(key)).first;
  }
  return *found->second;
}

Task<void> ClientPool::close_idle() {
  for (const auto& [key, origin] : impl_->origins) {
    origin->idle.for_each([](ClientConnection& connection) { connection.close_idle(); });
  }
  while (impl_->live > 0) {
    co_await impl_->loop.sleep(std::chrono::milliseconds(1));
  }
}

std::size_t ClientPool::idle() const {
  std::size_t count = 0;
  for (const auto& [key, origin] : impl_->origins) {
    count += origin->idle_count;
  }
  return count;
}

const PoolStats& ClientPool::stats() const {
  return impl_->stats;
}

}  // namespace penstock::net
