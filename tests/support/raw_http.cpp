#include "tests/support/raw_http.h"

#include <algorithm>
#include <cctype>

namespace penstock::testing {

std::string request_text(std::string_view method, std::string_view target, const Headers& headers,
                         std::string_view body) {
  std::string out(method);
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\nHost: gateway.test\r\n";
  for (const auto& [name, value] : headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!body.empty() || method == "POST") {
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  out += "\r\n";
  out += body;
  return out;
}

HttpAnswer RawHttp::read(std::chrono::milliseconds limit) {
  (void)read_until(std::string_view("\0never", 6), limit);
  HttpAnswer out = std::move(answer_);
  answer_ = {};
  head_done_ = chunked_ = until_close_ = false;
  length_ = 0;
  return out;
}

bool RawHttp::read_until(std::string_view text, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const bool done = parse();
    if (answer_.body.find(text) != std::string::npos) {
      return true;
    }
    if (done) {
      return false;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const auto got = left.count() > 0 ? socket_.receive(buffer_, left) : SocketIo::Got::kTimeout;
    if (got != SocketIo::Got::kBytes) {
      answer_.complete = got == SocketIo::Got::kEnd && head_done_ && until_close_;
      return false;
    }
  }
}

// True: the answer is complete.
bool RawHttp::parse() {
  if (!head_done_ && !parse_head()) {
    return false;
  }
  if (chunked_) {
    return parse_chunks();
  }
  if (until_close_) {
    answer_.body += buffer_;
    buffer_.clear();
    return false;
  }
  const std::size_t take = std::min(length_ - answer_.body.size(), buffer_.size());
  answer_.body.append(buffer_, 0, take);
  buffer_.erase(0, take);
  answer_.complete = answer_.body.size() == length_;
  return answer_.complete;
}

bool RawHttp::parse_head() {
  const std::size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    return false;
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer_.status = std::stoi(head.substr(9, 3));
  if (answer_.status == 100) {
    return parse_head();
  }
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string value = head.substr(colon + 1, line_end - colon - 1);
    value.erase(0, value.find_first_not_of(' '));
    answer_.headers.emplace(std::move(name), std::move(value));
    at = line_end + 2;
  }
  head_done_ = true;
  chunked_ = answer_.header("transfer-encoding") == "chunked";
  const std::string length = answer_.header("content-length");
  const bool no_body = answer_.status == 204 || answer_.status == 304;
  until_close_ = !chunked_ && length.empty() && !no_body;
  length_ = length.empty() ? 0 : std::stoul(length);
  return true;
}

bool RawHttp::parse_chunks() {
  for (;;) {
    const std::size_t line_end = buffer_.find("\r\n");
    if (line_end == std::string::npos) {
      return false;
    }
    const std::size_t size = std::stoul(buffer_.substr(0, line_end), nullptr, 16);
    if (buffer_.size() < line_end + 2 + size + 2) {
      return false;
    }
    answer_.body.append(buffer_, line_end + 2, size);
    buffer_.erase(0, line_end + 2 + size + 2);
    if (size == 0) {
      answer_.complete = true;
      return true;
    }
  }
}

HttpAnswer call(std::uint16_t port, std::string_view method, std::string_view target,
                const Headers& headers, std::string_view body) {
  RawHttp client(port);
  client.send(request_text(method, target, headers, body));
  return client.read();
}

}  // namespace penstock::testing
