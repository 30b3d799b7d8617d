#pragma once
// The engines of this machine: keeps as many processes of each as the manifests ask for, and says
// where they listen and whether they take calls. Knows what to run (EngineSpec), not how a manifest
// says it, and nothing of the gateway but the number of calls it has open on an engine.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/standalone/instances.h"
#include "app/supervise/supervisor.h"

namespace penstock::app::standalone {

/// One deployment as processes of this machine.
struct EngineSpec {
  std::string deployment;  ///< "namespace/name"
  std::uint32_t replicas = 1;
  Replacement replacement = Replacement::kSurge;
  bool drains_itself = false;     ///< after SIGTERM it finishes its calls before it ends
  std::vector<std::string> argv;  ///< $(PORT) and $(NAME) are expanded at each start
  supervise::Environment env;
  std::string health_path;
  std::chrono::milliseconds startup_timeout{0};
};

/// Where one process takes calls.
struct EngineAddress {
  std::string id;  ///< "namespace/name-0": stays over restarts
  std::uint16_t port = 0;
  bool ready = false;
  bool draining = false;
};

class Engines {
 public:
  struct Events {
    /// An address appeared, went, or changed its state.
    std::function<void()> addresses_changed;
    /// Something a person wants to read.
    std::function<void(const supervise::ChildView&, const supervise::Notice&)> notice;
    /// Calls that the gateway has open, on this engine or (when it cannot tell) on any.
    std::function<std::uint64_t(const std::string& id)> calls_open;
  };
  struct Settings {
    std::filesystem::path log_dir;
    std::chrono::milliseconds drain_timeout{60'000};
    supervise::Policy policy;
  };

  Engines(EventLoop& loop, const supervise::Guard& guard, Random random, Settings settings,
          Events events);
  ~Engines();
  Engines(const Engines&) = delete;
  Engines& operator=(const Engines&) = delete;

  /// What should run from now on. Changed engines are replaced (instances.h), vanished ones
  /// drained.
  void want(std::vector<EngineSpec> specs);

  /// What want() said last of a deployment; nullptr when nothing.
  [[nodiscard]] const EngineSpec* wanted(const std::string& deployment) const;

  [[nodiscard]] std::map<std::string, std::vector<EngineAddress>> addresses()
      const;  ///< by deployment
  /// Every process has been ready once, or has failed once: there is nothing more to wait for.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] std::size_t count() const { return instances_.size(); }

  /// No more replacements; each process gets SIGTERM. `stopped` is called when none is left.
  void stop_all(std::function<void()> stopped);
  void kill_all() { supervisor_.kill_all(); }

 private:
  struct Running {
    std::string deployment;
    std::string fingerprint;
    bool drains_itself = false;
    bool draining = false;
    bool settled = false;
    SteadyTime drain_until{};
    bool stopping = false;
  };

  void on_notice(const supervise::ChildView& view, const supervise::Notice& notice);
  void replan();
  void start(const InstancePlan::Start& item);
  void check_drains();

  EventLoop& loop_;
  Settings settings_;
  Events events_;
  supervise::Supervisor supervisor_;
  std::map<std::string, EngineSpec> specs_;   ///< by deployment
  std::map<std::string, Running> instances_;  ///< by id
  std::function<void()> stopped_;
  EventLoop::TimerId replan_timer_ = 0;
  EventLoop::TimerId drain_timer_ = 0;
};

/// Of everything whose change needs a new process.
[[nodiscard]] std::string fingerprint(const EngineSpec& spec);

}  // namespace penstock::app::standalone
