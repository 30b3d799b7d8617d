#include "tests/support/upstream.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace penstock::testing {
namespace {

constexpr std::chrono::milliseconds kTick{
    20};  // how often a waiting thread looks whether the test is over

std::string reason(int status) {
  return status == 200 ? "OK" : "Scripted";
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// A complete request at the buffer's front, taken out of it.
std::optional<UpstreamRequestSeen> take_request(std::string& buffer) {
  const std::size_t head_end = buffer.find("\r\n\r\n");
  if (head_end == std::string::npos) {
    return std::nullopt;
  }
  UpstreamRequestSeen request;
  const std::size_t first_line = buffer.find("\r\n");
  const std::string line = buffer.substr(0, first_line);
  const std::size_t space = line.find(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  std::size_t at = first_line + 2;
  while (at < head_end + 2) {
    const std::size_t end = buffer.find("\r\n", at);
    const std::size_t colon = buffer.find(':', at);
    std::string value = buffer.substr(colon + 1, end - colon - 1);
    value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
    request.headers.emplace(lower(buffer.substr(at, colon - at)), value);
    at = end + 2;
  }
  const std::string length = request.header("content-length");
  const std::size_t body = length.empty() ? 0 : std::stoul(length);
  if (buffer.size() < head_end + 4 + body) {
    return std::nullopt;
  }
  request.body = buffer.substr(head_end + 4, body);
  buffer.erase(0, head_end + 4 + body);
  return request;
}

std::string hex(std::size_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), kDigits[value % 16]);
    value /= 16;
  } while (value != 0);
  return out;
}

std::string chunk(std::string_view choices, std::string_view extra) {
  std::string out =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"up-model","choices":)";
  out += choices;
  out += extra;
  out += "}\n\n";
  return out;
}

}  // namespace

std::vector<std::string> stream_events(const StreamShape& shape) {
  std::vector<std::string> events;
  events.push_back(
      chunk(R"([{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}])", ""));
  for (std::size_t i = 0; i < shape.tokens; ++i) {
    events.push_back(chunk(
        R"([{"index":0,"delta":{"content":")" + shape.token + R"("},"finish_reason":null}])", ""));
  }
  if (shape.finish) {
    events.push_back(chunk(R"([{"index":0,"delta":{},"finish_reason":"stop"}])", ""));
  }
  if (shape.usage) {
    const std::string tokens = std::to_string(shape.tokens);
    events.push_back(
        chunk("[]", R"(,"usage":{"prompt_tokens":11,"completion_tokens":)" + tokens +
                        R"(,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4}})"));
  }
  if (shape.done) {
    events.emplace_back("data: [DONE]\n\n");
  }
  return events;
}

Script stream_script(const StreamShape& shape) {
  Script script;
  script.headers = {{"Content-Type", "text/event-stream; charset=utf-8"}};
  script.chunked = true;
  script.pieces = stream_events(shape);
  return script;
}

Script json_script(int status, std::string body) {
  Script script;
  script.status = status;
  script.headers = {{"Content-Type", "application/json"}};
  script.pieces = {std::move(body)};
  return script;
}

std::string chat_answer(std::string_view content) {
  std::string out =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"up-model","choices":[{"index":0,"message":{"role":"assistant","content":")";
  out += content;
  out +=
      R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}})";
  return out;
}

Upstream::Upstream(Handler handler)
    : handler_(std::move(handler)), acceptor_([this] { accept_all(); }) {}

Upstream::Upstream(Script always)
    : Upstream([always = std::move(always)](const UpstreamRequestSeen&) { return always; }) {}

Upstream::~Upstream() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  listener_.shut_down();
  acceptor_.join();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Upstream::set_handler(Handler handler) {
  const std::scoped_lock lock(mutex_);
  handler_ = std::move(handler);
}

std::vector<UpstreamRequestSeen> Upstream::seen() const {
  const std::scoped_lock lock(mutex_);
  return seen_;
}

std::size_t Upstream::calls() const {
  const std::scoped_lock lock(mutex_);
  return seen_.size();
}

std::size_t Upstream::connections() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

std::size_t Upstream::departures() const {
  const std::scoped_lock lock(mutex_);
  return departures_;
}

bool Upstream::wait_for_departures(std::size_t count, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return departures_ >= count; });
}

void Upstream::accept_all() {
  for (;;) {
    SocketIo accepted = listener_.accept();
    const std::scoped_lock lock(mutex_);
    if (!accepted.open() || stopping_) {
      return;
    }
    ++connections_;
    SocketIo& socket = sockets_.emplace_back(std::move(accepted));
    threads_.emplace_back([this, &socket] { serve(socket); });
  }
}

void Upstream::serve(SocketIo& socket) {
  std::string buffer;
  for (;;) {
    std::optional<UpstreamRequestSeen> request = take_request(buffer);
    if (!request) {
      const auto got = socket.receive(buffer, kTick);
      const std::scoped_lock lock(mutex_);
      if (stopping_ || got == SocketIo::Got::kEnd || got == SocketIo::Got::kReset) {
        socket.close();
        return;
      }
      continue;
    }
    Handler handler;
    {
      const std::scoped_lock lock(mutex_);
      seen_.push_back(*request);
      handler = handler_;
    }
    if (!answer(socket, handler(*request))) {
      socket.close();
      return;
    }
  }
}

// False: the connection is not to be used again.
bool Upstream::answer(SocketIo& socket, const Script& script) {
  std::size_t length = 0;
  for (const std::string& piece : script.pieces) {
    length += piece.size();
  }
  std::string head =
      "HTTP/1.1 " + std::to_string(script.status) + " " + reason(script.status) + "\r\n";
  for (const auto& [name, value] : script.headers) {
    head += name + ": " + value + "\r\n";
  }
  head += script.chunked ? "Transfer-Encoding: chunked\r\n\r\n"
                         : "Content-Length: " + std::to_string(length) + "\r\n\r\n";
  bool sent = script.answer_nothing || socket.send(head);
  for (std::size_t i = 0; sent && i < script.pieces.size() && !script.answer_nothing; ++i) {
    if (script.before) {
      script.before(i);
    }
    const std::string& piece = script.pieces[i];
    const std::string framed = script.chunked ? hex(piece.size()) + "\r\n" + piece + "\r\n" : piece;
    sent = write(socket, framed, script.write_size);
  }
  if (!sent) {
    return peer_left(socket);
  }
  if (script.before) {
    script.before(script.pieces.size());
  }
  switch (script.end) {
    case Script::End::kReset:
      socket.reset();
      return false;
    case Script::End::kClose:
      return false;
    case Script::End::kHang:
      return peer_left(socket);
    case Script::End::kProper:
    case Script::End::kProperClose:
      break;
  }
  if (script.chunked && !socket.send("0\r\n\r\n")) {
    return peer_left(socket);
  }
  return script.end == Script::End::kProper;
}

bool Upstream::write(SocketIo& socket, std::string_view bytes, std::size_t write_size) {
  if (write_size == 0) {
    return socket.send(bytes);
  }
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, write_size);
    if (!socket.send(part)) {
      return false;
    }
    bytes.remove_prefix(part.size());
  }
  return true;
}

bool Upstream::peer_left(SocketIo& socket) {
  for (;;) {
    const bool left = socket.peer_leaves(kTick);
    const std::scoped_lock lock(mutex_);
    if (left) {
      ++departures_;
      changed_.notify_all();
    }
    if (left || stopping_) {
      return false;
    }
  }
}

}  // namespace penstock::testing
