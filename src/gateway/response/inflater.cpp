#include "gateway/response/inflater.h"

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

#include "net/http_head.h"

namespace penstock::gateway {

struct Inflater::Impl {
  z_stream stream{};
  bool ready = false;
  std::array<char, 16'384> buffer;
};

bool Inflater::supports(std::string_view coding) noexcept {
  return net::iequals(coding, "gzip") || net::iequals(coding, "x-gzip") ||
         net::iequals(coding, "deflate");
}

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {
  constexpr int kWindowAndEitherHeader = 15 + 32;
  impl_->ready = inflateInit2(&impl_->stream, kWindowAndEitherHeader) == Z_OK;
}

Inflater::~Inflater() {
  if (impl_->ready) {
    inflateEnd(&impl_->stream);
  }
}

Inflater::Out Inflater::next(std::string_view input) noexcept {
  if (!impl_->ready) {
    return {.text = {}, .used = 0, .failed = true};
  }
  z_stream& stream = impl_->stream;
  const std::size_t given = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
  // zlib does not write through next_in; its type only lacks the const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(given);
  stream.next_out = reinterpret_cast<Bytef*>(impl_->buffer.data());
  stream.avail_out = static_cast<uInt>(impl_->buffer.size());
  const int status = inflate(&stream, Z_SYNC_FLUSH);
  const std::size_t used = given - stream.avail_in;
  const std::size_t made = impl_->buffer.size() - stream.avail_out;
  if (status == Z_STREAM_END && used < given) {
    inflateReset(&stream);  // another member follows
  }
  const bool failed = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR;
  return {.text = {impl_->buffer.data(), made}, .used = used, .failed = failed};
}

}  // namespace penstock::gateway
