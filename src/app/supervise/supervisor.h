#pragma once
// Keeps a set of child processes alive: carries out what lifecycle.h decides. Knows nothing of
// models, gateways or manifests. Lives on the main thread's loop; no locks.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/loop/event_loop.h"
#include "app/supervise/expand.h"
#include "app/supervise/guard.h"
#include "app/supervise/lifecycle.h"
#include "app/supervise/process.h"
#include "base/random.h"

namespace penstock::app::supervise {

struct ChildSpec {
  std::string id;                 ///< unique among the children; names the log file
  std::vector<std::string> argv;  ///< $(PORT) and $(NAME) are expanded at each start
  Environment env;                ///< PORT comes before it
  std::string health_path;        ///< GET on the child's port; empty: it is well when it accepts
  std::filesystem::path log_file;
  Policy policy;
};

struct ChildView {
  std::string id;
  Phase phase = Phase::kIdle;
  std::uint16_t port = 0;  ///< kept over restarts where it can be
  pid_t pid = -1;
  std::uint32_t restarts = 0;
  std::filesystem::path log_file;
  std::uintmax_t log_start = 0;  ///< where the words of the process that runs or ran last begin
};

class Supervisor {
 public:
  /// Called after each change that a person or a router should know of. It may start and stop
  /// children.
  using Observer = std::function<void(const ChildView&, const Notice&)>;

  Supervisor(EventLoop& loop, const Guard& guard, Random random, Observer observer);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// An id that exists already is left as it is.
  void start(ChildSpec spec);
  /// SIGTERM, its grace, SIGKILL. The observer hears kStopped, after which the id is free again.
  void stop(const std::string& id);
  void stop_all();
  /// SIGKILL now.
  void kill_all();

  [[nodiscard]] std::vector<ChildView> children() const;
  [[nodiscard]] bool empty() const { return children_.empty(); }

 private:
  struct Child;
  void feed(Child& child, Event event);
  void carry_out(Child& child, Action action);
  void spawn(Child& child);
  void on_exit(Child& child);
  void reset_timer(Child& child);
  void rotate_logs();

  EventLoop& loop_;
  const Guard& guard_;
  Random random_;
  Observer observer_;
  std::map<std::string, std::unique_ptr<Child>> children_;
  EventLoop::TimerId rotation_ = 0;
};

}  // namespace penstock::app::supervise
