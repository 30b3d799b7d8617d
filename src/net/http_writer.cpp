#include "net/http_writer.h"

#include <algorithm>
#include <charconv>

namespace penstock::net {
namespace {

/// CR, LF or NUL inside. No early exit: it vectorises.
bool splits(std::string_view text) noexcept {
  unsigned found = 0;
  for (const char c : text) {
    found |= static_cast<unsigned>(c == '\r') | static_cast<unsigned>(c == '\n') |
             static_cast<unsigned>(c == '\0');
  }
  return found != 0;
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  std::array<char, 12> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), status);
  out += "HTTP/1.1 ";
  out.append(digits.data(), end);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

void append_request_line(std::string& out, std::string_view method, std::string_view target) {
  out += method;
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\n";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (splits(value) || splits(name)) {
    return;
  }
  const std::size_t before = out.size();
  const std::size_t after = before + name.size() + value.size() + 4;
  if (out.capacity() < after) {
    out.reserve(2 * after);
  }
  out.resize_and_overwrite(after, [&](char* text, std::size_t size) {
    char* to = std::copy(name.begin(), name.end(), text + before);
    *to++ = ':';
    *to++ = ' ';
    to = std::copy(value.begin(), value.end(), to);
    *to++ = '\r';
    *to = '\n';
    return size;
  });
}

void append_header(std::string& out, std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  append_header(out, name, std::string_view(digits.data(), end));
}

ChunkSize::ChunkSize(std::size_t size) noexcept : start_(text_.size()) {
  constexpr std::string_view kHex = "0123456789abcdef";
  text_[--start_] = '\n';
  text_[--start_] = '\r';
  do {
    text_[--start_] = kHex[size & 15U];
    size >>= 4U;
  } while (size != 0);
}

}  // namespace penstock::net
