#pragma once
// Fetches small documents from many addresses again and again: engines' metrics, gateways' demand.
// Knows HTTP GET and cadence; knows nothing of what the documents say.
//
// One event loop on one thread (docs/adr/0004, 0010): a slow or dead address costs a socket and a
// timer, never somebody else's turn. Connections are kept. An address that fails is asked less and
// less often, up to Options::slowest, and starts are spread so that equal cadences do not meet.
//
//   Fetcher fetcher(options, [](const std::string& id, const Fetched& got) { … });
//   std::jthread thread([&](std::stop_token stop) { fetcher.run(stop); });
//   fetcher.aim({{.id = "uid-1", .address = "10.0.0.1", .port = 8000, .path = "/metrics"}});

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::controller::fetch {

struct Target {
  std::string id;       ///< of the caller's choice; one target per id
  std::string address;  ///< an IP address
  std::uint16_t port = 0;
  std::string path;
  std::chrono::milliseconds every{1'000};
  friend bool operator==(const Target&, const Target&) = default;
};

/// What one attempt brought.
struct Fetched {
  SteadyTime asked{};     ///< when it began
  SteadyTime answered{};  ///< when it ended
  /// The body of a 200; valid during the call. Error kTimeout, kUnavailable (no connection, or it
  /// broke) or kInvalid (another status, or too large).
  Result<std::string_view> body;
};

struct Options {
  std::chrono::milliseconds timeout{2'000};   ///< of one attempt, connecting included
  std::chrono::milliseconds slowest{10'000};  ///< between attempts at an address that fails
  std::size_t most_at_once = 256;
  std::size_t most_bytes = std::size_t{4} << 20U;  ///< of a body
};

class Fetcher {
 public:
  /// Called on the thread of run(), once per attempt; must be quick.
  using OnFetched = std::function<void(const std::string& id, const Fetched& got)>;

  Fetcher(Options options, OnFetched on_fetched);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// From now on these and no others. A new one is asked at once. Any thread, also before run().
  void aim(std::vector<Target> targets);

  /// Blocks until stopped; attempts under way are cut. May be called again after that.
  void run(const std::stop_token& stop);

 private:
  class Round;  // what lives as long as one run()

  const Options options_;
  const OnFetched on_fetched_;
  std::mutex mutex_;
  std::vector<Target> targets_;  // guarded by mutex_
  Round* round_ = nullptr;       // guarded by mutex_; null while nothing runs
};

}  // namespace penstock::controller::fetch
