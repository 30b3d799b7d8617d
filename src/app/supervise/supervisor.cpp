#include "app/supervise/supervisor.h"

#include <csignal>
#include <deque>
#include <sys/epoll.h>
#include <utility>

#include "app/supervise/log_file.h"
#include "app/supervise/probe.h"

namespace penstock::app::supervise {
namespace {

constexpr std::chrono::milliseconds kProbeLimit{2'000};
constexpr std::chrono::seconds kRotationInterval{10};
constexpr std::uintmax_t kLogLimit = 16U << 20U;

}  // namespace

struct Supervisor::Child {
  ChildSpec spec;
  State state;
  std::uint16_t port = 0;
  bool was_ready = false;  ///< on this port: then the port is ours to keep
  std::unique_ptr<Process> process;
  std::unique_ptr<Probe> probe;
  std::uintmax_t log_start = 0;
  EventLoop::TimerId timer = 0;
  std::deque<Event> inbox;
  bool busy = false;

  [[nodiscard]] ChildView view() const {
    return {spec.id,        state.phase,   port,     process ? process->pid() : -1,
            state.restarts, spec.log_file, log_start};
  }
};

Supervisor::Supervisor(EventLoop& loop, const Guard& guard, Random random, Observer observer)
    : loop_(loop), guard_(guard), random_(random), observer_(std::move(observer)) {
  rotation_ = loop_.call_at(loop_.now() + kRotationInterval, [this] { rotate_logs(); });
}

Supervisor::~Supervisor() {
  loop_.cancel(rotation_);
  for (const auto& [id, child] : children_) {
    loop_.cancel(child->timer);
    if (child->process) {
      loop_.unwatch(child->process->exit_descriptor());
    }
  }
}

void Supervisor::start(ChildSpec spec) {
  auto [slot, inserted] = children_.try_emplace(spec.id);
  if (inserted) {
    slot->second = std::make_unique<Child>();
    slot->second->spec = std::move(spec);
    feed(*slot->second, {EventKind::kStart, {}});
  }
}

void Supervisor::stop(const std::string& id) {
  const auto found = children_.find(id);
  if (found != children_.end()) {
    feed(*found->second, {EventKind::kStop, {}});
  }
}

void Supervisor::stop_all() {
  for (const auto& view : children()) {
    stop(view.id);
  }
}

void Supervisor::kill_all() {
  for (const auto& [id, child] : children_) {
    if (child->process) {
      child->process->signal_group(SIGKILL);
    }
  }
}

std::vector<ChildView> Supervisor::children() const {
  std::vector<ChildView> views;
  views.reserve(children_.size());
  for (const auto& [id, child] : children_) {
    views.push_back(child->view());
  }
  return views;
}

void Supervisor::feed(Child& child, Event event) {
  // Actions and observers feed events in turn: one at a time, in order. The child outlives the
  // loop.
  child.inbox.push_back(std::move(event));
  if (child.busy) {
    return;
  }
  child.busy = true;
  while (!child.inbox.empty()) {
    const Event next = std::move(child.inbox.front());
    child.inbox.pop_front();
    Step step = decide(child.spec.policy, child.state, next, loop_.now(), random_.unit());
    child.state = step.state;
    for (const Action action : step.actions) {
      carry_out(child, action);
    }
    if (step.notice) {
      child.was_ready = child.was_ready || step.notice->kind == NoticeKind::kReady;
      observer_(child.view(), *step.notice);
    }
  }
  child.busy = false;
  reset_timer(child);
  if (child.state.phase == Phase::kStopped) {
    loop_.cancel(child.timer);
    children_.erase(child.spec.id);
  }
}

void Supervisor::carry_out(Child& child, Action action) {
  switch (action) {
    case Action::kSpawn:
      spawn(child);
      break;
    case Action::kProbe:
      child.probe = std::make_unique<Probe>(
          loop_, child.port, child.spec.health_path, kProbeLimit,
          [this, &child](const std::string& error) {
            child.probe.reset();
            feed(child, {error.empty() ? EventKind::kProbeOk : EventKind::kProbeFailed, error});
          });
      break;
    case Action::kTerminate:
      child.process->signal_group(SIGTERM);
      break;
    case Action::kKill:
      child.process->signal_group(SIGKILL);
      break;
  }
}

void Supervisor::spawn(Child& child) {
  if (!std::exchange(child.was_ready, false)) {
    const auto port = free_loopback_port();
    if (!port) {
      feed(child, {EventKind::kSpawnFailed, port.error().message()});
      return;
    }
    child.port = *port;
  }
  Environment env{{"PORT", std::to_string(child.port)}};
  env.insert(env.end(), child.spec.env.begin(), child.spec.env.end());
  Command command;
  command.env = expand_environment(env);
  command.argv = expand_arguments(child.spec.argv, command.env);
  command.log_file = child.spec.log_file;
  std::error_code no_file_yet;
  child.log_start = std::filesystem::file_size(command.log_file, no_file_yet);
  if (no_file_yet) {
    child.log_start = 0;
  }
  auto process = Process::start(command);
  if (process) {
    const auto watched = loop_.watch(process->exit_descriptor(), EPOLLIN,
                                     [this, &child](std::uint32_t) { on_exit(child); });
    if (!watched) {
      process = fail(watched.error());  // its destructor ended the process
    }
  }
  if (!process) {
    feed(child, {EventKind::kSpawnFailed, process.error().message()});
    return;
  }
  guard_.add(process->pid());
  child.process = std::make_unique<Process>(std::move(*process));
  feed(child, {EventKind::kSpawned, {}});
}

void Supervisor::on_exit(Child& child) {
  child.probe.reset();
  loop_.unwatch(child.process->exit_descriptor());
  guard_.remove(child.process->pid());
  const std::string how = child.process->reap();
  child.process.reset();
  feed(child, {EventKind::kExited, how});
}

void Supervisor::reset_timer(Child& child) {
  loop_.cancel(child.timer);
  child.timer = 0;
  if (const auto when = next_wake(child.state)) {
    child.timer = loop_.call_at(*when, [this, &child] { feed(child, {EventKind::kTick, {}}); });
  }
}

void Supervisor::rotate_logs() {
  for (const auto& [id, child] : children_) {
    rotate_if_larger(child->spec.log_file, kLogLimit);
  }
  rotation_ = loop_.call_at(loop_.now() + kRotationInterval, [this] { rotate_logs(); });
}

}  // namespace penstock::app::supervise
