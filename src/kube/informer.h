#pragma once
// Keeps a Store equal to the API server's content of one resource, and tells handlers what changed.
// Knows list, watch and resourceVersions; knows nothing of what controllers do.
//
// The first list and every later one are consistent reads. A watch runs for half a minute and is
// then opened again at the last version seen, so that a connection that died without a sign is
// found within 40 s; bookmarks keep that version young. A broken watch resumes where it was; only
// an expired position, a version that went backwards or a server that refuses again and again lead
// to a new list. Versions go backwards when etcd was restored: a watch from a version of the future
// is then met with silence, not with an error, so after a broken connection, and after two watches
// without a sign, the collection's version is asked for first. Rules: client-go's reflector,
// kubernetes/kubernetes#107457, KEP-5504.
//
// One thread runs run(); handlers are called there, in order, after the store has the change, and
// must be quick. Readers: any thread.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/wait.h"
#include "kube/backoff.h"
#include "kube/client.h"
#include "kube/store.h"

namespace penstock::kube {

struct InformerOptions {
  Selection selection{};
  std::string name_space{};  ///< empty: all
  std::chrono::seconds watch_shortest{24};
  std::chrono::seconds watch_longest{30};
  std::chrono::seconds watch_grace{10};
  BackoffPolicy backoff{};
  std::uint64_t seed = 1;
};

struct InformerStats {
  std::uint64_t lists = 0;
  std::uint64_t watches = 0;
  std::uint64_t events = 0;
  std::uint64_t failures = 0;
  std::uint64_t rollbacks = 0;  ///< the server's version went backwards
  std::uint64_t failures_in_row = 0;
  SteadyTime last_contact{};  ///< last list, event, bookmark or clean end
};

class Informer {
 public:
  using Handler = std::function<void(const Change&)>;

  /// `client` and `waiter` must outlive the informer.
  Informer(Client& client, const Waiter& waiter, const Resource& resource,
           InformerOptions options = {});

  // Before run() only.
  void add_index(std::string name, Store::IndexFunction values);
  void add_handler(Handler handler);

  /// Blocks until stopped.
  void run(std::stop_token stop);

  [[nodiscard]] const Resource& resource() const noexcept { return resource_; }
  [[nodiscard]] const Store& store() const noexcept { return store_; }
  /// The first content is in the store and has passed through all handlers.
  [[nodiscard]] bool synced() const noexcept { return synced_.load(std::memory_order_acquire); }
  /// Blocks until synced. False: stopped or the deadline passed.
  bool wait_synced(SteadyTime deadline, const std::stop_token& stop) const;
  /// The store shows everything up to this resourceVersion of the same resource.
  [[nodiscard]] bool reached(std::string_view resource_version) const;
  [[nodiscard]] std::string version() const;
  [[nodiscard]] InformerStats stats() const;

 private:
  enum class Step { kList, kProbe, kWatch };
  struct Next {
    Step step = Step::kList;
    std::chrono::milliseconds wait{0};
  };

  Next list_once(const std::stop_token& stop);
  Next probe_once(const std::stop_token& stop);
  Next watch_once(const std::stop_token& stop);
  Next after_watch(Result<> result, bool rolled_back, std::uint64_t events,
                   std::chrono::nanoseconds lasted);
  void take(const WatchEvent& event);
  void tell(const std::vector<Change>& changes);
  Next failed(const Error& error, Step next);
  void contact(const std::string& version);

  Client& client_;
  const Waiter& waiter_;
  const Resource resource_;
  const InformerOptions options_;
  Store store_;
  std::vector<Handler> handlers_;
  Random random_;
  Backoff backoff_;
  int refusals_ = 0;  ///< answers that said no, in a row
  int silent_ = 0;    ///< watches that ran their time without event or bookmark, in a row
  std::atomic<bool> synced_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::string version_;  // guarded by mutex_
  InformerStats stats_;  // guarded by mutex_
};

}  // namespace penstock::kube
