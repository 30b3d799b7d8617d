#include "gateway/snapshot/packing.h"

#include <array>
#include <memory>

#include <zlib.h>

namespace penstock::gateway::snapshot {
namespace {

constexpr std::size_t kUnpackedLimit = 256U << 20U;
constexpr int kGzip = 15 + 16;  // the largest window, with gzip's head and sum
constexpr std::string_view kMagic = "\x1f\x8b";

/// zlib reads through a pointer that is not const, and does not write there.
void set_input(z_stream& stream, std::string& input) {
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
}

/// Runs `step` until the stream ends; false when it cannot go on or grows beyond `limit`.
template <class Step>
bool run(z_stream& stream, Step step, std::string& out, std::size_t limit) {
  std::array<char, 64U << 10U> buffer;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = step(&stream);
    const std::size_t made = buffer.size() - stream.avail_out;
    if ((state != Z_OK && state != Z_STREAM_END) || out.size() + made > limit) {
      return false;
    }
    out.append(buffer.data(), made);
  }
  return true;
}

}  // namespace

Result<std::string> pack(std::string_view text) {
  if (text.size() <= kPlainLimit) {
    return std::string(text);
  }
  if (text.size() > kUnpackedLimit) {
    return fail(Code::kTooLarge, "the configuration has more than 256 MiB");
  }
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(Code::kInternal, "zlib cannot be started");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  std::string input(text);
  set_input(stream, input);
  std::string out;
  if (!run(stream, [](z_stream* s) { return deflate(s, Z_FINISH); }, out, kUnpackedLimit)) {
    return fail(Code::kInternal, "the configuration cannot be compressed");
  }
  return out;
}

Result<std::string> unpack(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) {
    return std::string(bytes);
  }
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) {
    return fail(Code::kInternal, "zlib cannot be started");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  std::string input(bytes);
  set_input(stream, input);
  std::string out;
  if (!run(stream, [](z_stream* s) { return inflate(s, Z_NO_FLUSH); }, out, kUnpackedLimit)) {
    return fail(Code::kInvalid, "the compressed configuration is damaged or larger than 256 MiB");
  }
  return out;
}

}  // namespace penstock::gateway::snapshot
