#pragma once
// A scripted upstream on loopback: answers calls as told, cuts bytes where told, fails where told,
// and remembers what it was asked and what it really emitted (the truth that books are compared
// with). A thread per connection, plain sockets, an HTTP reader of its own.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/socket_io.h"

namespace penstock::testing {

struct UpstreamRequestSeen {
  std::string method;
  std::string target;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// How one call is answered.
struct Script {
  enum class End {
    kProper,       ///< the framing ends as it should; the connection is kept
    kReset,        ///< RST after the last piece
    kClose,        ///< FIN after the last piece, before the framing's end
    kHang,         ///< says nothing more until the peer leaves
    kProperClose,  ///< ends properly, then closes the connection without having said so
  };

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> pieces;  ///< one write each; one chunk each when chunked
  bool chunked = false;             ///< else Content-Length over all pieces
  std::size_t write_size = 0;   ///< cuts what is written into writes of this many bytes; 0 = not
  bool answer_nothing = false;  ///< apply `end` without a byte
  End end = End::kProper;
  /// Called on the connection's thread before piece i is written; i == pieces.size() before the
  /// end.
  std::function<void(std::size_t i)> before;
};

/// An OpenAI stream: role chunk, one chunk per token, finish chunk, usage chunk if `with_usage`,
/// [DONE].
struct StreamShape {
  std::size_t tokens = 3;
  bool usage = true;
  bool done = true;
  bool finish = true;
  std::string token = "tok";
};
[[nodiscard]] std::vector<std::string> stream_events(const StreamShape& shape);
[[nodiscard]] Script stream_script(const StreamShape& shape);
[[nodiscard]] Script json_script(int status, std::string body);
/// A chat answer with usage of 7 prompt and 5 completion tokens.
[[nodiscard]] std::string chat_answer(std::string_view content);

class Upstream {
 public:
  using Handler = std::function<Script(const UpstreamRequestSeen&)>;

  /// Answers every call with what `handler` says (on the connection's thread).
  explicit Upstream(Handler handler);
  explicit Upstream(Script always);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  void set_handler(Handler handler);

  [[nodiscard]] std::vector<UpstreamRequestSeen> seen() const;
  [[nodiscard]] std::size_t calls() const;
  [[nodiscard]] std::size_t connections() const;
  /// Waits until a script that ended in kHang, or was cut off by its peer, has seen the peer leave.
  /// The time that it took since the last byte was written; nothing after `limit`.
  bool wait_for_departures(std::size_t count, std::chrono::milliseconds limit);
  [[nodiscard]] std::size_t departures() const;

 private:
  void accept_all();
  void serve(SocketIo& socket);
  bool answer(SocketIo& socket, const Script& script);
  bool write(SocketIo& socket, std::string_view bytes, std::size_t write_size);
  bool peer_left(SocketIo& socket);

  LoopbackListener listener_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Handler handler_;
  std::vector<UpstreamRequestSeen> seen_;
  std::size_t connections_ = 0;
  std::size_t departures_ = 0;
  bool stopping_ = false;
  std::deque<SocketIo> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace penstock::testing
