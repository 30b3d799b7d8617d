#include "app/config/folder_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/log.h"

namespace penstock::app::config {
namespace {

constexpr std::uint32_t kInteresting = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE |
                                       IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
                                       IN_ONLYDIR;

}  // namespace

FolderWatch::FolderWatch(EventLoop& loop, std::filesystem::path root, Timing timing,
                         std::function<void()> on_change)
    : loop_(loop), root_(std::move(root)), timing_(timing), on_change_(std::move(on_change)) {
  inotify_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify_ < 0 || !loop_.watch(inotify_, EPOLLIN, [this](std::uint32_t) { on_events(); })) {
    log::warn("watching the configuration only by looking", {{"interval", timing_.look.count()}});
  }
  look_timer_ = loop_.call_at(loop_.now() + timing_.look, [this] { look(); });
}

FolderWatch::~FolderWatch() {
  loop_.cancel(settle_timer_);
  loop_.cancel(look_timer_);
  if (inotify_ >= 0) {
    loop_.unwatch(inotify_);
    ::close(inotify_);
  }
}

void FolderWatch::seen(const Listing& listing) {
  fingerprint_ = listing.fingerprint;
  for (const auto& directory : listing.directories) {
    // The same folder twice is one watch; a folder that is gone takes its watch with it.
    if (inotify_ >= 0 && inotify_add_watch(inotify_, directory.c_str(), kInteresting) < 0) {
      log::debug("watching a folder failed", {{"folder", directory.string()},
                                              {"error", std::generic_category().message(errno)}});
    }
  }
}

void FolderWatch::on_events() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  while (::read(inotify_, buffer.data(), buffer.size()) > 0) {
  }
  touch();
}

void FolderWatch::touch() {
  const SteadyTime now = loop_.now();
  if (settle_timer_ == 0) {
    first_event_ = now;
  }
  loop_.cancel(settle_timer_);
  const SteadyTime when = std::min(now + timing_.settle, first_event_ + timing_.settle_limit);
  settle_timer_ = loop_.call_at(when, [this] {
    settle_timer_ = 0;
    on_change_();
  });
}

void FolderWatch::look() {
  look_timer_ = loop_.call_at(loop_.now() + timing_.look, [this] { look(); });
  const auto listing = list_manifests(root_);
  if (settle_timer_ == 0 && listing && listing->fingerprint != fingerprint_) {
    touch();
  }
}

}  // namespace penstock::app::config
