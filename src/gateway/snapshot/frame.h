#pragma once
// How configurations travel on a connection that stays open: one frame after another, each a header
// of 12 bytes (length and version, big-endian) and the packed bytes. Knows nothing of sockets and
// of what is in the bytes. A frame without bytes is a heartbeat: nothing new, still here.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::gateway::snapshot {

/// A Secret holds 1 MiB at most, and so does a frame.
inline constexpr std::size_t kLongestFrame = std::size_t{1} << 20U;
inline constexpr std::size_t kFrameHeader = 12;

struct Frame {
  std::uint64_t version = 0;  ///< of the Secret that the bytes are from; larger is newer
  std::string bytes;          ///< gateway/snapshot/packing.h; empty: a heartbeat

  [[nodiscard]] bool is_heartbeat() const noexcept { return bytes.empty(); }
};

/// Header and bytes. Error kTooLarge above kLongestFrame.
[[nodiscard]] Result<std::string> write_frame(std::uint64_t version, std::string_view bytes);

/// Puts frames together from pieces as they arrive. Holds one frame at most.
class FrameReader {
 public:
  /// Calls `take` for every frame that `piece` completes. Error kTooLarge when the peer announces
  /// more than kLongestFrame: the connection is of no use then.
  [[nodiscard]] Result<> feed(std::string_view piece, const std::function<void(Frame)>& take);

 private:
  std::string header_;
  Frame frame_;
  std::size_t missing_ = 0;  ///< of the frame's bytes, once the header is complete
};

}  // namespace penstock::gateway::snapshot
