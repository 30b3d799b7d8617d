#include "net/http_parse.h"

#include <charconv>
#include <cstring>

#include <boost/beast/http/basic_parser.hpp>

namespace penstock::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view view(string_view text) {
  return {text.data(), text.size()};
}

/// Beast checks the grammar and calls back with views; framing is decided by our own stricter rules
/// below.
template <bool IsRequest, class Head>
class Parser final : public http::basic_parser<IsRequest> {
 public:
  explicit Parser(Head& head) : head_(head) {
    this->header_limit(static_cast<std::uint32_t>(-1));  // the scanner has checked it
    this->body_limit(boost::none);
    this->skip(true);
  }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    if constexpr (IsRequest) {
      head_.method_name = view(method);
      head_.target = view(target);
      head_.version = version;
    }
  }
  void on_response_impl(int status, string_view reason, int version, error_code&) override {
    if constexpr (!IsRequest) {
      head_.status = status;
      head_.reason = view(reason);
      head_.version = version;
    }
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    head_.headers.add(view(name), view(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  Head& head_;
};

template <bool IsRequest, class Head>
HeadFault parse(std::string_view bytes, Head& head) {
  head.headers.clear();
  Parser<IsRequest, Head> parser(head);
  error_code error;
  const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error == http::error::bad_version) {
    return HeadFault::kUnsupportedVersion;
  }
  if (error || used != bytes.size() || !parser.is_header_done()) {
    return HeadFault::kMalformed;
  }
  return head.headers.all().size() > kMaxHeaders ? HeadFault::kTooLarge : HeadFault::kNone;
}

Method method_of(std::string_view name) {
  if (name == "POST") {
    return Method::kPost;
  }
  if (name == "GET") {
    return Method::kGet;
  }
  if (name == "HEAD") {
    return Method::kHead;
  }
  if (name == "OPTIONS") {
    return Method::kOptions;
  }
  if (name == "PUT") {
    return Method::kPut;
  }
  if (name == "DELETE") {
    return Method::kDelete;
  }
  if (name == "PATCH") {
    return Method::kPatch;
  }
  return Method::kOther;
}

struct FramingFields {
  bool length = false;
  bool chunked = false;
  std::uint64_t content_length = 0;
};

/// One pass over the fields that decide where a message ends.
HeadFault framing_fields(const HeaderList& headers, FramingFields& out) {
  if (!headers.has(Known::kContentLength) && !headers.has(Known::kTransferEncoding)) {
    return HeadFault::kNone;
  }
  for (const Header& header : headers.all()) {
    if (header.known == Known::kContentLength) {
      const char* const first = header.value.data();
      const char* const last = first + header.value.size();
      const auto [end, error] = std::from_chars(first, last, out.content_length);
      if (out.length || error != std::errc() || end != last) {
        return HeadFault::kMalformed;
      }
      out.length = true;
    } else if (header.known == Known::kTransferEncoding) {
      if (out.chunked) {
        return HeadFault::kMalformed;
      }
      if (!iequals(header.value, "chunked")) {
        return HeadFault::kUnsupportedCoding;
      }
      out.chunked = true;
    }
  }
  return out.length && out.chunked ? HeadFault::kMalformed : HeadFault::kNone;
}

bool keeps_alive(const HeaderList& headers, int version) {
  if (version >= 11) {
    return !headers.has_token(Known::kConnection, "close");
  }
  return headers.has_token(Known::kConnection, "keep-alive");
}

}  // namespace

int status_of(HeadFault fault) noexcept {
  switch (fault) {
    case HeadFault::kNone:
      return 200;
    case HeadFault::kMalformed:
      return 400;
    case HeadFault::kTooLarge:
      return 431;
    case HeadFault::kUnsupportedVersion:
      return 505;
    case HeadFault::kUnsupportedCoding:
      return 501;
  }
  return 400;
}

std::string_view to_string(HeadFault fault) noexcept {
  switch (fault) {
    case HeadFault::kNone:
      return "ok";
    case HeadFault::kMalformed:
      return "the request is not well-formed HTTP/1.1";
    case HeadFault::kTooLarge:
      return "the request's headers are larger than this server accepts";
    case HeadFault::kUnsupportedVersion:
      return "only HTTP/1.0 and HTTP/1.1 are spoken here";
    case HeadFault::kUnsupportedCoding:
      return "the only transfer coding accepted is \"chunked\"";
  }
  return "malformed";
}

HeadScanner::State HeadScanner::scan(std::string_view bytes, std::size_t limit) noexcept {
  while (seen_ < bytes.size()) {
    const void* const found = std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_);
    if (found == nullptr) {
      seen_ = bytes.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    seen_ = at + 1;
    if (at == line_ || bytes[at - 1] != '\r') {
      return failed(HeadFault::kMalformed);  // bare LF
    }
    if (seen_ > limit) {
      return failed(HeadFault::kTooLarge);
    }
    if (at == line_ + 1) {
      length_ = seen_;
      return lines_ == 0 ? failed(HeadFault::kMalformed) : State::kComplete;
    }
    if (lines_ > 0 && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
      return failed(HeadFault::kMalformed);  // obs-fold, or white space before the first field
    }
    if (++lines_ > kMaxHeaders + 1) {
      return failed(HeadFault::kTooLarge);
    }
    line_ = seen_;
  }
  return bytes.size() >= limit ? failed(HeadFault::kTooLarge) : State::kIncomplete;
}

HeadFault parse_request_head(std::string_view bytes, RequestHead& head) {
  HeadFault fault = parse<true>(bytes, head);
  FramingFields fields;
  if (fault == HeadFault::kNone) {
    fault = framing_fields(head.headers, fields);
  }
  if (fault != HeadFault::kNone) {
    return fault;
  }
  if (head.version == 11 && !head.headers.has(Known::kHost)) {
    return HeadFault::kMalformed;
  }
  if (head.version == 10 && fields.chunked) {
    return HeadFault::kMalformed;
  }
  std::size_t hosts = 0;
  for (const Header& header : head.headers.all()) {
    hosts += header.known == Known::kHost ? 1U : 0U;
  }
  if (hosts > 1) {
    return HeadFault::kMalformed;
  }
  head.method = method_of(head.method_name);
  head.keep_alive = keeps_alive(head.headers, head.version);
  head.content_length = fields.content_length;
  head.framing = fields.chunked                               ? Framing::kChunked
                 : fields.length && fields.content_length > 0 ? Framing::kLength
                                                              : Framing::kNone;
  return HeadFault::kNone;
}

HeadFault parse_response_head(std::string_view bytes, bool to_head, ResponseHead& head) {
  HeadFault fault = parse<false>(bytes, head);
  FramingFields fields;
  if (fault == HeadFault::kNone) {
    fault = framing_fields(head.headers, fields);
  }
  if (fault != HeadFault::kNone) {
    return fault;
  }
  head.keep_alive = keeps_alive(head.headers, head.version);
  head.content_length = fields.content_length;
  if (to_head || head.status / 100 == 1 || head.status == 204 || head.status == 304) {
    head.framing = Framing::kNone;
  } else if (fields.chunked) {
    head.framing = Framing::kChunked;
  } else if (fields.length) {
    head.framing = fields.content_length > 0 ? Framing::kLength : Framing::kNone;
  } else {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return HeadFault::kNone;
}

}  // namespace penstock::net
