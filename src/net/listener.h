#pragma once
// Accepts connections on one socket until it is closed. For the files of this folder.

#include <functional>
#include <memory>
#include <string>

#include "net/poller.h"
#include "net/socket.h"

namespace penstock::net {

class Listener final : private Watch {
 public:
  /// Told of every connection: a non-blocking socket and the peer's numeric address.
  using OnAccept = std::function<void(Descriptor socket, std::string peer)>;

  /// Takes over a listening, non-blocking socket.
  Listener(Loop& loop, Descriptor socket, OnAccept on_accept);
  ~Listener() { close(); }
  void close();

 private:
  void ready(std::uint32_t events) override;
  void resume();
  void pause();

  Loop& loop_;
  Descriptor socket_;
  OnAccept on_accept_;
  MemberTimer<&Listener::resume> pause_{*this};
};

}  // namespace penstock::net
