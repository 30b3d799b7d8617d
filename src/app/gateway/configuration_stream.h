#pragma once
// Follows our configuration at the controller: one connection that stays open, to any replica.
// Knows frames, silence and retries; judges no content. While no replica answers nothing comes, and
// nothing is taken back.
//
// A connection that says nothing for longer than a few heartbeats is dead and dropped. A renewed
// identity closes the connection that the old one has opened. Waits between tries grow and are
// spread, so that a controller's return is no stampede.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/gateway/controller_door.h"
#include "app/gateway/newest_version.h"
#include "base/random.h"
#include "base/result.h"
#include "base/wait.h"
#include "kube/backoff.h"

namespace penstock::app::gateway_role {

struct StreamOptions {
  std::string url;                 ///< "https://penstock-configuration.penstock-system.svc:9443"
  std::filesystem::path identity;  ///< folder; may be empty yet, then it is waited for
  std::chrono::milliseconds silence{30'000};  ///< three heartbeats
  std::chrono::milliseconds look{2'000};      ///< at identity and silence
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds demand_timeout{5'000};  ///< for each replica
  kube::BackoffPolicy backoff{};
  std::uint64_t seed = entropy_seed();
  Resolve resolve = resolve_all;
  /// Told on the stream's own thread, once for each change.
  std::function<void(bool connected)> on_state = [](bool) {};
};

class ConfigurationStream {
 public:
  /// Error kInvalid: the URL.
  [[nodiscard]] static Result<std::unique_ptr<ConfigurationStream>> start(
      StreamOptions options, const Waiter& waiter = system_waiter());
  ~ConfigurationStream();
  ConfigurationStream(const ConfigurationStream&) = delete;
  ConfigurationStream& operator=(const ConfigurationStream&) = delete;

  /// Readable (EPOLLIN) when something is there to take.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// The newest since the last call.
  [[nodiscard]] std::optional<Arrival> take();

  [[nodiscard]] bool connected() const noexcept { return connected_.load(); }

  /// Reports demand (a JSON text) on a connection of its own, to one replica after the other until
  /// one takes it. Blocking. False: none did.
  [[nodiscard]] bool send_demand(const std::string& json) const;

 private:
  struct Attempt;
  ConfigurationStream(StreamOptions options, kube::ServerUrl server, const Waiter& waiter);

  void run(const std::stop_token& stop);
  bool try_all(const std::stop_token& stop);
  bool follow(const std::string& address, const Identity& identity, const std::stop_token& stop);
  void guard(Attempt& attempt, const std::stop_token& over) const;
  void arrived(Attempt& attempt, std::string_view piece);
  void set_connected(bool connected, const std::string& why);
  void give_up(const std::string& problem);

  const StreamOptions options_;
  const kube::ServerUrl server_;
  const Waiter& waiter_;
  int descriptor_ = -1;
  std::atomic<bool> connected_{false};
  Random random_;             // the stream's thread only
  std::string last_problem_;  // the stream's thread only
  std::mutex mutex_;
  std::optional<Arrival> newest_;  // guarded by mutex_
  std::jthread thread_;            ///< last: it uses all of the above
};

}  // namespace penstock::app::gateway_role
