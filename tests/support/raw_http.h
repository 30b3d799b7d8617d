#pragma once
// A test's HTTP client: sends exactly the bytes it is given and reads answers strictly (a broken
// framing is seen as one). Knows HTTP/1.1 as its own small reader, not ours.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/socket_io.h"

namespace penstock::testing {

struct HttpAnswer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;                                 ///< out of its chunks
  bool complete = false;                            ///< the framing ended as it should

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request with Content-Length.
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       const Headers& headers, std::string_view body);

class RawHttp {
 public:
  explicit RawHttp(std::uint16_t port) : socket_(SocketIo::connect(port)) {}

  bool send(std::string_view bytes) { return socket_.send(bytes); }
  /// Reads one answer to its end, or as far as it comes within `limit`.
  HttpAnswer read(std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// Reads until the body so far contains `text`; false after `limit` or at the end. read() goes on
  /// from there.
  bool read_until(std::string_view text,
                  std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// True when the server closes within `limit`.
  bool server_closes(std::chrono::milliseconds limit) { return socket_.peer_leaves(limit); }
  void close() { socket_.close(); }
  void reset() { socket_.reset(); }

 private:
  bool parse();
  bool parse_head();
  bool parse_chunks();

  SocketIo socket_;
  std::string buffer_;
  HttpAnswer answer_;
  bool head_done_ = false;
  bool chunked_ = false;
  bool until_close_ = false;
  std::size_t length_ = 0;
};

/// One call on a connection of its own.
[[nodiscard]] HttpAnswer call(std::uint16_t port, std::string_view method, std::string_view target,
                              const Headers& headers = {}, std::string_view body = {});

}  // namespace penstock::testing
