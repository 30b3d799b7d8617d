#include "app/standalone/engines.h"

#include <algorithm>
#include <utility>

#include "base/secret.h"

namespace penstock::app::standalone {
namespace {

using supervise::NoticeKind;
using supervise::Phase;

constexpr std::chrono::milliseconds kDrainLook{100};
constexpr std::chrono::seconds kStopLimit{10};

std::string log_name(std::string id) {
  std::ranges::replace(id, '/', '.');
  return id + ".log";
}

}  // namespace

std::string fingerprint(const EngineSpec& spec) {
  std::string text;
  const auto add = [&text](std::string_view part) {
    text += std::to_string(part.size());
    text.push_back(':');
    text += part;
  };
  for (const auto& word : spec.argv) {
    add(word);
  }
  add("env");
  for (const auto& [key, value] : spec.env) {
    add(key);
    add(value);
  }
  add(spec.health_path);
  return sha256_hex(text);
}

Engines::Engines(EventLoop& loop, const supervise::Guard& guard, Random random, Settings settings,
                 Events events)
    : loop_(loop),
      settings_(std::move(settings)),
      events_(std::move(events)),
      supervisor_(loop, guard, random,
                  [this](const supervise::ChildView& view, const supervise::Notice& notice) {
                    on_notice(view, notice);
                  }) {}

Engines::~Engines() {
  loop_.cancel(replan_timer_);
  loop_.cancel(drain_timer_);
}

void Engines::want(std::vector<EngineSpec> specs) {
  specs_.clear();
  for (auto& spec : specs) {
    std::string key = spec.deployment;
    specs_.insert_or_assign(std::move(key), std::move(spec));
  }
  replan();
}

const EngineSpec* Engines::wanted(const std::string& deployment) const {
  const auto found = specs_.find(deployment);
  return found == specs_.end() ? nullptr : &found->second;
}

std::map<std::string, std::vector<EngineAddress>> Engines::addresses() const {
  std::map<std::string, std::vector<EngineAddress>> out;
  for (const auto& view : supervisor_.children()) {
    const auto found = instances_.find(view.id);
    if (found == instances_.end() || view.port == 0) {
      continue;
    }
    const Running& running = found->second;
    const bool ready = view.phase == Phase::kReady && !running.draining;
    // A stopping engine may still be answering: routing lets it finish.
    const bool draining = running.draining && view.pid > 0;
    out[running.deployment].push_back({view.id, view.port, ready, draining});
  }
  return out;
}

bool Engines::settled() const {
  return std::ranges::all_of(instances_, [](const auto& item) { return item.second.settled; });
}

void Engines::stop_all(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  specs_.clear();
  loop_.cancel(drain_timer_);
  supervisor_.stop_all();
  if (supervisor_.empty()) {
    stopped_();
    return;
  }
  // Their calls are over; an engine that takes longer than this hangs.
  drain_timer_ = loop_.call_at(loop_.now() + kStopLimit, [this] { supervisor_.kill_all(); });
}

void Engines::on_notice(const supervise::ChildView& view, const supervise::Notice& notice) {
  events_.notice(view, notice);
  const auto found = instances_.find(view.id);
  if (found == instances_.end()) {
    return;
  }
  switch (notice.kind) {
    case NoticeKind::kReady:
    case NoticeKind::kExited:
    case NoticeKind::kStartTimeout:
      found->second.settled = true;
      break;
    case NoticeKind::kStopped:
      instances_.erase(found);
      break;
    default:
      break;
  }
  events_.addresses_changed();
  // From the loop: the supervisor is in the middle of this child, which it may be about to forget.
  if (replan_timer_ == 0) {
    replan_timer_ = loop_.call_at(loop_.now(), [this] {
      replan_timer_ = 0;
      replan();
    });
  }
}

void Engines::replan() {
  if (stopped_) {
    if (supervisor_.empty()) {
      std::exchange(stopped_, [] {})();
    }
    return;
  }
  std::vector<EngineWish> wishes;
  wishes.reserve(specs_.size());
  for (const auto& [deployment, spec] : specs_) {
    wishes.push_back({deployment, fingerprint(spec), spec.replicas, spec.replacement});
  }
  std::map<std::string, Phase> phases;
  for (const auto& view : supervisor_.children()) {
    phases.emplace(view.id, view.phase);
  }
  std::vector<Instance> instances;
  instances.reserve(instances_.size());
  for (const auto& [id, running] : instances_) {
    instances.push_back({id, running.deployment, running.fingerprint, phases[id] == Phase::kReady,
                         running.draining});
  }
  const InstancePlan plan = plan_instances(wishes, instances);
  for (const auto& item : plan.start) {
    start(item);
  }
  for (const auto& id : plan.drain) {
    Running& running = instances_.at(id);
    running.draining = true;
    running.drain_until = loop_.now() + settings_.drain_timeout;
  }
  if (!plan.start.empty() || !plan.drain.empty()) {
    events_.addresses_changed();
  }
  if (!plan.drain.empty() && drain_timer_ == 0) {
    // Not at once: the gateway must have stopped sending calls before an empty engine counts as
    // done.
    drain_timer_ = loop_.call_at(loop_.now() + kDrainLook, [this] { check_drains(); });
  }
}

void Engines::start(const InstancePlan::Start& item) {
  const EngineSpec& spec = specs_.at(item.deployment);
  instances_.insert_or_assign(item.id, Running{.deployment = spec.deployment,
                                               .fingerprint = fingerprint(spec),
                                               .drains_itself = spec.drains_itself});
  supervise::ChildSpec child;
  child.id = item.id;
  child.argv = spec.argv;
  child.env = spec.env;
  child.health_path = spec.health_path;
  child.log_file = settings_.log_dir / log_name(item.id);
  child.policy = settings_.policy;
  child.policy.stop_grace =
      settings_.drain_timeout;  // engines of ours finish their calls after SIGTERM
  if (spec.startup_timeout.count() > 0) {
    child.policy.startup_deadline = spec.startup_timeout;
  }
  supervisor_.start(std::move(child));
}

void Engines::check_drains() {
  drain_timer_ = 0;
  bool waiting = false;
  std::vector<std::string> empty;
  for (auto& [id, running] : instances_) {
    if (!running.draining || running.stopping) {
      continue;
    }
    if (running.drains_itself || loop_.now() >= running.drain_until ||
        events_.calls_open(id) == 0) {
      running.stopping = true;
      empty.push_back(id);
    } else {
      waiting = true;
    }
  }
  for (const auto& id : empty) {
    supervisor_.stop(id);
  }
  if (waiting) {
    drain_timer_ = loop_.call_at(loop_.now() + kDrainLook, [this] { check_drains(); });
  }
}

}  // namespace penstock::app::standalone
