#pragma once
// A watch stream's bytes to events, line by line, in bounded memory. Pure.

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/object.h"

namespace penstock::kube {

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark };

struct WatchEvent {
  WatchEventType type = WatchEventType::kAdded;
  Object object;
  /// A bookmark that ends the synthetic first events of a streaming list.
  bool initial_events_end = false;
};

/// Receives events in order. False ends the watch.
using WatchHandler = std::function<bool(const WatchEvent&)>;

class WatchDecoder {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{16} << 20U;

  explicit WatchDecoder(std::size_t longest_line = kLongestLine) : longest_(longest_line) {}

  /// Decodes the complete lines in `bytes` and what was left before. False: the handler said so.
  /// Errors: that of an ERROR event (kGone when the position has expired), kInvalid for what is not
  /// an event, kTooLarge.
  [[nodiscard]] Result<bool> feed(std::string_view bytes, const WatchHandler& handler);

  /// Bytes of a line that has not ended yet.
  [[nodiscard]] std::size_t pending() const noexcept { return rest_.size(); }

 private:
  std::size_t longest_;
  std::string rest_;
};

}  // namespace penstock::kube
