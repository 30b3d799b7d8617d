#include "app/standalone/wording.h"

#include "app/supervise/log_file.h"
#include "base/time_format.h"

namespace penstock::app::standalone {
namespace {

using supervise::NoticeKind;

/// "350ms", "1.5s", "12s", "2m": as precise as a person cares.
std::string readable(std::chrono::milliseconds time) {
  using std::chrono::milliseconds;
  if (time >= std::chrono::seconds(1) && time < std::chrono::seconds(10) &&
      time % 1'000 >= milliseconds(100)) {
    return std::to_string(time.count() / 1'000) + "." + std::to_string(time.count() % 1'000 / 100) +
           "s";
  }
  return format_duration(
      time < std::chrono::seconds(1) ? time : std::chrono::floor<std::chrono::seconds>(time));
}

std::string with_last_words(std::string text, const supervise::ChildView& view) {
  constexpr std::size_t kLines = 3;
  const std::string tail = supervise::last_lines(view.log_file, kLines, view.log_start);
  text += " (log: " + view.log_file.string() + ")";
  std::size_t from = 0;
  while (from < tail.size()) {
    const auto end = std::min(tail.find('\n', from), tail.size());
    text += "\n    " + tail.substr(from, end - from);
    from = end + 1;
  }
  return text;
}

void add_list(std::string& text, std::string_view verb,
              const std::vector<config::ObjectKey>& keys) {
  if (keys.empty()) {
    return;
  }
  text += text.empty() ? "" : "; ";
  text += verb;
  for (const auto& key : keys) {
    text += (&key == &keys.front() ? " " : ", ") + to_string(key);
  }
}

}  // namespace

EngineLine engine_line(const supervise::ChildView& view, const supervise::Notice& notice,
                       bool stopping) {
  const std::string engine = "Engine " + view.id + " ";
  switch (notice.kind) {
    case NoticeKind::kStarting:
      return {engine + "is starting on port " + std::to_string(view.port)};
    case NoticeKind::kReady:
      return {engine + "is ready after " + readable(notice.after)};
    case NoticeKind::kUnready:
      return {engine + "does not answer and gets no new calls: " + notice.detail, true};
    case NoticeKind::kExited:
      return {with_last_words(
                  engine + notice.detail + "; it starts again in " + readable(notice.after), view),
              true};
    case NoticeKind::kStartTimeout:
      return {
          with_last_words(
              engine + "was not ready within " + readable(notice.after) + " and is killed", view),
          true};
    case NoticeKind::kHung:
      return {
          with_last_words(
              engine + "has not answered for " + readable(notice.after) + " and is killed", view),
          true};
    case NoticeKind::kKilled:
      return {engine + "did not stop within " + readable(notice.after) + " and is killed", true};
    case NoticeKind::kStopped:
      return {stopping ? std::string() : engine + "has stopped"};
  }
  return {};
}

std::string changes_line(const config::Changes& changes) {
  std::string text;
  add_list(text, "changed", changes.changed);
  add_list(text, "added", changes.added);
  add_list(text, "removed", changes.removed);
  return text.empty() ? text : "Reloaded: " + text;
}

std::string reading_line(const std::string& root, std::size_t objects) {
  return "Configuration " + root + ": " + std::to_string(objects) +
         (objects == 1 ? " object" : " objects");
}

}  // namespace penstock::app::standalone
