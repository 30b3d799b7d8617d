#pragma once
// What standalone says while it runs, sentence by sentence. Pure text.

#include <string>

#include "app/config/manifests.h"
#include "app/supervise/supervisor.h"

namespace penstock::app::standalone {

struct EngineLine {
  std::string text;  ///< empty: nothing worth saying
  bool is_complaint = false;
};

/// `stopping`: everything is being stopped, so an end is no news.
[[nodiscard]] EngineLine engine_line(const supervise::ChildView& view,
                                     const supervise::Notice& notice, bool stopping);

/// "Reloaded: changed ModelRoute default/chat; added …"; empty when nothing did.
[[nodiscard]] std::string changes_line(const config::Changes& changes);

[[nodiscard]] std::string reading_line(const std::string& root, std::size_t objects);

}  // namespace penstock::app::standalone
