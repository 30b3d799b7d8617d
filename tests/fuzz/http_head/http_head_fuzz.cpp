// Heads: scanning gives the same for every split; what parses is well-formed, and parses the same
// when written out again.

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_parse.h"
#include "net/http_writer.h"
#include "tests/fuzz/check.h"

namespace {

using namespace penstock::net;
using penstock::fuzz::check;

constexpr std::size_t kLimit = 4096;

HeadScanner scan_whole(std::string_view text, HeadScanner::State& state) {
  HeadScanner scanner;
  state = scanner.scan(text, kLimit);
  return scanner;
}

HeadScanner scan_bytewise(std::string_view text, HeadScanner::State& state) {
  HeadScanner scanner;
  state = HeadScanner::State::kIncomplete;
  for (std::size_t end = 1; end <= text.size() && state == HeadScanner::State::kIncomplete; ++end) {
    state = scanner.scan(text.substr(0, end), kLimit);
  }
  return scanner;
}

void check_headers(std::string_view head, const HeaderList& headers) {
  for (const Header& header : headers.all()) {
    check(!header.name.empty(), "a header has a name");
    check(header.name.data() >= head.data() &&
              header.value.data() + header.value.size() <= head.data() + head.size(),
          "views lie in the input");
    check(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
          "values are one line");
    check(known_header(header.name) == header.known, "known headers are known");
    check(header.known == Known::kNone || headers.has(header.known), "known headers are indexed");
  }
}

std::string write_again(const RequestHead& head) {
  std::string out;
  append_request_line(out, head.method_name, head.target);
  for (const Header& header : head.headers.all()) {
    append_header(out, header.name, header.value);
  }
  append_end(out);
  return out;
}

void check_request(std::string_view text) {
  RequestHead head;
  if (parse_request_head(text, head) != HeadFault::kNone) {
    return;
  }
  check_headers(text, head.headers);
  check(!(head.headers.has(Known::kContentLength) && head.headers.has(Known::kTransferEncoding)),
        "one framing only");
  check(head.framing != Framing::kUntilClose, "requests do not end at close");
  check(head.path().size() <= head.target.size() && !head.target.empty(), "a target is there");
  if (head.version == 11) {
    const std::string again = write_again(head);
    HeadScanner::State state{};
    const HeadScanner scanner = scan_whole(again, state);
    RequestHead second;
    if (again.size() <= kLimit) {
      check(state == HeadScanner::State::kComplete && scanner.length() == again.size(),
            "what we write scans");
    }
    check(parse_request_head(again, second) == HeadFault::kNone, "what we write parses");
    check(second.target == head.target && second.framing == head.framing &&
              second.content_length == head.content_length &&
              second.keep_alive == head.keep_alive &&
              second.headers.all().size() == head.headers.all().size(),
          "to the same request");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  HeadScanner::State whole_state{};
  HeadScanner::State split_state{};
  const HeadScanner whole = scan_whole(text, whole_state);
  const HeadScanner split = scan_bytewise(text, split_state);
  if (text.size() < kLimit) {
    check(whole_state == split_state, "splits do not matter");
    check(whole.fault() == split.fault(), "nor for the fault");
  }
  if (whole_state == HeadScanner::State::kComplete) {
    check(split_state == whole_state && whole.length() == split.length(), "nor for the length");
    const std::string_view head = text.substr(0, whole.length());
    check_request(head);
    for (const bool to_head : {false, true}) {
      ResponseHead response;
      if (parse_response_head(head, to_head, response) == HeadFault::kNone) {
        check_headers(head, response.headers);
        check(response.status >= 0 && response.status <= 999, "a status is three digits");
      }
    }
  }
  return 0;
}
