#pragma once
// Text of HTTP/1.1 heads and chunk frames, appended to a buffer that the caller reuses. Pure.
//
// A header value with CR, LF or NUL is dropped with its name: nobody can split a message through
// us.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::net {

[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

void append_status_line(std::string& out, int status);
void append_request_line(std::string& out, std::string_view method, std::string_view target);
void append_header(std::string& out, std::string_view name, std::string_view value);
void append_header(std::string& out, std::string_view name, std::uint64_t value);
inline void append_end(std::string& out) {
  out += "\r\n";
}

/// The "1a2b\r\n" before a chunk's data; lives as long as the object.
class ChunkSize {
 public:
  explicit ChunkSize(std::size_t size = 0) noexcept;
  [[nodiscard]] std::string_view view() const noexcept {
    return {text_.data() + start_, text_.size() - start_};
  }

 private:
  std::array<char, 18> text_{};
  std::size_t start_ = 0;
};

}  // namespace penstock::net
