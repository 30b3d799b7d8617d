#pragma once
// Says when a folder of manifests has changed and settled. Knows nothing of their content.
//
// inotify for speed: editors' renames, writes in pieces (each one extends the wait), swapped links.
// A look at sizes and times every few seconds for what inotify does not see: network and shared
// folders of virtual machines, a folder that was replaced whole, a full watch table.

#include <filesystem>
#include <functional>
#include <memory>

#include "app/config/folder.h"
#include "app/loop/event_loop.h"

namespace penstock::app::config {

class FolderWatch {
 public:
  struct Timing {
    std::chrono::milliseconds settle{150};  ///< silence before a change counts
    std::chrono::milliseconds settle_limit{
        2'000};                             ///< a folder that never falls silent is read anyway
    std::chrono::milliseconds look{5'000};  ///< without any inotify event
  };

  FolderWatch(EventLoop& loop, std::filesystem::path root, Timing timing,
              std::function<void()> on_change);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// After each reading: what was read, and so what counts as a change from now on.
  void seen(const Listing& listing);

 private:
  void on_events();
  void touch();
  void look();

  EventLoop& loop_;
  std::filesystem::path root_;
  Timing timing_;
  std::function<void()> on_change_;
  int inotify_ = -1;
  std::uint64_t fingerprint_ = 0;
  SteadyTime first_event_{};
  EventLoop::TimerId settle_timer_ = 0;
  EventLoop::TimerId look_timer_ = 0;
};

}  // namespace penstock::app::config
