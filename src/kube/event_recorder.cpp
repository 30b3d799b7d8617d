#include "kube/event_recorder.h"

#include <optional>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "kube/fields.h"
#include "kube/lease_record.h"

namespace penstock::kube {
namespace {

constexpr std::size_t kLongestNote = 1024;
constexpr std::size_t kLongestWord = 128;
constexpr std::chrono::seconds kLastMoment{2};

/// At most `most` bytes, never cut inside a UTF-8 sequence.
std::string cut(std::string text, std::size_t most) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) {
      --most;
    }
    text.resize(most);
  }
  return text;
}

/// Events about cluster-scoped objects live in "default", as kubectl describe expects.
std::string home_of(const EventNote& note) {
  return note.name_space.empty() ? "default" : note.name_space;
}

json::Value event_object(const EventNote& note, const EventDecision& decision,
                         const EventRecorderOptions& options, const std::string& time) {
  json::Value regarding = {{"apiVersion", note.api_version},
                           {"kind", note.kind},
                           {"name", note.name},
                           {"uid", note.uid}};
  if (!note.name_space.empty()) {
    regarding["namespace"] = note.name_space;
  }
  return {{"apiVersion", "events.k8s.io/v1"},
          {"kind", "Event"},
          {"metadata", {{"name", decision.object_name}, {"namespace", home_of(note)}}},
          {"eventTime", time},
          {"reportingController", options.controller},
          {"reportingInstance", cut(options.instance, kLongestWord)},
          {"type", note.type == EventType::kNormal ? "Normal" : "Warning"},
          {"reason", cut(note.reason, kLongestWord)},
          {"action", cut(note.action, kLongestWord)},
          {"note", cut(note.note, kLongestNote)},
          {"regarding", std::move(regarding)}};
}

}  // namespace

EventRecorder::EventRecorder(Client& client, const Waiter& waiter, EventRecorderOptions options)
    : client_(client), waiter_(waiter), options_(std::move(options)), stamp_(options_.stamp) {}

void EventRecorder::record(const Object& regarding, EventType type, std::string reason,
                           std::string action, std::string note) {
  record(EventNote{text_at(regarding.value(), "apiVersion"), text_at(regarding.value(), "kind"),
                   regarding.name_space(), regarding.name(), regarding.uid(), type,
                   std::move(reason), std::move(action), std::move(note)});
}

void EventRecorder::record(EventNote note) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= options_.queue) {
    ++dropped_;
    return;
  }
  queue_.push_back(std::move(note));
  changed_.notify_one();
}

void EventRecorder::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      waiter_.wait_until(lock, changed_, Waiter::kForever, stop,
                         [this] { return !queue_.empty(); });
    }
    if (!stop.stop_requested()) {
      deliver_next(stop);
    }
  }
  // What is left gets a moment of its own: the stop that ended us must not cancel it, and a server
  // that does not answer must not hold the process.
  std::stop_source over;
  const std::jthread limit([this, &over](const std::stop_token& ended) {
    waiter_.sleep(kLastMoment, ended);
    over.request_stop();
  });
  while (deliver_next(over.get_token())) {
  }
}

bool EventRecorder::deliver_next(const std::stop_token& stop) {
  std::optional<EventNote> note;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() || stop.stop_requested()) {
      return false;
    }
    note = std::move(queue_.front());
    queue_.pop_front();
  }
  deliver(*note, stop);
  return true;
}

void EventRecorder::deliver(const EventNote& note, const std::stop_token& stop) {
  const EventDecision decision = series_.observe(note, waiter_.now(), stamp_++);
  if (decision.step == EventStep::kNothing) {
    return;
  }
  const WallTime at = waiter_.wall_now();
  for (int attempt = 1; !write(note, decision, at, stop); ++attempt) {
    const bool stopped = attempt < options_.tries && !waiter_.sleep(options_.between_tries, stop);
    if (stopped || attempt >= options_.tries) {
      series_.lost(note);  // nobody can count in an Event that may not exist
      const std::lock_guard lock(mutex_);
      if (stopped) {
        queue_.push_front(note);
      } else {
        ++dropped_;
      }
      return;
    }
  }
}

/// False: worth another try.
bool EventRecorder::write(const EventNote& note, const EventDecision& decision, WallTime at,
                          const std::stop_token& stop) {
  const std::string time = format_micro_time(at);
  Result<Object> answer =
      decision.step == EventStep::kCreate
          ? client_.create(resources::kEvents, Object(event_object(note, decision, options_, time)),
                           options_.controller, stop)
          : client_.merge_patch(
                resources::kEvents, {home_of(note), decision.object_name},
                json::Value{{"series", {{"count", decision.count}, {"lastObservedTime", time}}}},
                options_.controller, {}, stop);
  if (answer || answer.error().code() == Code::kAlreadyExists) {
    return true;
  }
  if (info(answer.error().code()).retryable || answer.error().code() == Code::kCancelled) {
    return false;
  }
  series_.lost(note);  // gone after its hour, or refused: either way not there to be counted
  if (answer.error().code() != Code::kNotFound) {
    log::warn("event was refused", {{"reason", note.reason},
                                    {"object", note.name_space + "/" + note.name},
                                    {"error", answer.error().to_string()}});
  }
  return true;
}

std::uint64_t EventRecorder::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace penstock::kube
