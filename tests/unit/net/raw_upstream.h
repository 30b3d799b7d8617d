#pragma once
// An upstream on loopback that answers with raw text, so that it can misbehave in any way.

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/listener.h"
#include "net/tcp_stream.h"

namespace penstock::net {

/// What it does when it has seen a whole request head: sends the pieces one by one (a turn of the
/// loop between them), then perhaps ends.
struct Script {
  std::vector<std::string> pieces;
  enum class Then { kKeep, kClose, kReset } then = Then::kKeep;
};

class RawUpstream {
 public:
  explicit RawUpstream(Loop& loop) : loop_(loop) {
    auto socket = ListenSocket::open("127.0.0.1", 0);
    port_ = socket->port();
    listener_.emplace(loop, Descriptor(socket->release()),
                      [this](Descriptor accepted, const std::string&) {
                        ++connections;
                        spawn(serve(std::move(accepted)));
                      });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void close() { listener_->close(); }

  std::deque<Script>
      scripts;  ///< one per request, in order of arrival; none left: reads on in silence
  int connections = 0;
  int open = 0;
  std::string seen;

 private:
  Task<void> serve(Descriptor accepted) {
    const int descriptor = accepted.get();
    TcpStream stream(loop_, std::move(accepted));
    ++open;
    std::string input;
    std::array<char, 65536> buffer{};
    bool go_on = true;
    while (go_on) {
      const IoResult got = co_await read_some(stream, buffer);
      if (got.status != IoStatus::kOk) {
        break;
      }
      input.append(buffer.data(), got.bytes);
      seen.append(buffer.data(), got.bytes);
      const std::size_t end = input.find("\r\n\r\n");
      if (end == std::string::npos || scripts.empty()) {
        continue;
      }
      input.clear();
      const Script script = scripts.front();
      scripts.pop_front();
      for (const std::string& piece : script.pieces) {
        const std::string_view view = piece;
        const IoResult sent = co_await write_all(stream, {&view, 1});
        if (sent.status != IoStatus::kOk) {
          break;
        }
        co_await loop_.sleep(std::chrono::milliseconds(1));
      }
      if (script.then == Script::Then::kReset) {
        const linger cut{1, 0};
        ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &cut, sizeof(cut));
      }
      go_on = script.then == Script::Then::kKeep;
    }
    stream.close();
    --open;
  }

  Loop& loop_;
  std::uint16_t port_ = 0;
  std::optional<Listener> listener_;
};

}  // namespace penstock::net
