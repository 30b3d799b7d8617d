#include "net/listener.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace penstock::net {
namespace {

constexpr int kPerTurn = 16;  // then the connections we have get their turn
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

Listener::Listener(Loop& loop, Descriptor socket, OnAccept on_accept)
    : loop_(loop), socket_(std::move(socket)), on_accept_(std::move(on_accept)) {
  resume();
}

void Listener::close() {
  pause_.cancel();
  if (socket_.valid()) {
    loop_.impl().forget(socket_.get(), *this);
    socket_.close();
  }
}

void Listener::resume() {
  if (!loop_.impl().add(socket_.get(), *this, false)) {
    log::error("cannot watch the listening socket", {{"error", std::strerror(errno)}});
  }
}

void Listener::pause() {
  log::warn("pausing accept", {{"error", std::strerror(errno)}});  // out of descriptors, mostly
  loop_.impl().forget(socket_.get(), *this);
  loop_.arm(pause_, kPause);
}

void Listener::ready(std::uint32_t /*events*/) {
  for (int i = 0; i < kPerTurn && socket_.valid(); ++i) {
    Address peer;
    peer.length = sizeof(peer.storage);
    Descriptor accepted(
        ::accept4(socket_.get(), peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.valid()) {
      on_accept_(std::move(accepted), peer.host());
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      pause();
      return;
    }
  }
}

}  // namespace penstock::net
