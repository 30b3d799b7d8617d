#include "gateway/snapshot/frame.h"

#include <algorithm>

namespace penstock::gateway::snapshot {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kVersionBytes = 8;
static_assert(kLengthBytes + kVersionBytes == kFrameHeader);

void append(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) {
    out.push_back(static_cast<char>((number >> (8 * i)) & 0xffU));
  }
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char byte : bytes) {
    out = (out << 8U) | static_cast<unsigned char>(byte);
  }
  return out;
}

Error too_large(std::size_t size) {
  return {Code::kTooLarge, "a frame of " + std::to_string(size) + " bytes is over the limit of " +
                               std::to_string(kLongestFrame)};
}

}  // namespace

Result<std::string> write_frame(std::uint64_t version, std::string_view bytes) {
  if (bytes.size() > kLongestFrame) {
    return fail(too_large(bytes.size()));
  }
  std::string out;
  out.reserve(kFrameHeader + bytes.size());
  append(out, bytes.size(), kLengthBytes);
  append(out, version, kVersionBytes);
  out += bytes;
  return out;
}

Result<> FrameReader::feed(std::string_view piece, const std::function<void(Frame)>& take) {
  while (!piece.empty()) {
    if (header_.size() < kFrameHeader) {
      const std::size_t part = std::min(kFrameHeader - header_.size(), piece.size());
      header_ += piece.substr(0, part);
      piece.remove_prefix(part);
      if (header_.size() < kFrameHeader) {
        return {};
      }
      missing_ = number_in(std::string_view(header_).substr(0, kLengthBytes));
      frame_.version = number_in(std::string_view(header_).substr(kLengthBytes));
      if (missing_ > kLongestFrame) {
        return fail(too_large(missing_));
      }
    }
    const std::size_t part = std::min(missing_, piece.size());
    frame_.bytes += piece.substr(0, part);
    piece.remove_prefix(part);
    missing_ -= part;
    if (missing_ == 0) {
      header_.clear();
      take(std::exchange(frame_, {}));
    }
  }
  return {};
}

}  // namespace penstock::gateway::snapshot
