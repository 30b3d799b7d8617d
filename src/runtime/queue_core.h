#pragma once
// The order of work: which key is next, and never one key twice at once. Pure: now is an argument.
// Not thread-safe (work_queue.h is).
//
// A key is dirty when work for it is wanted, and processing while a worker has it. Adding a dirty
// key changes nothing; adding a processing key makes it run once more after it is done. Of several
// delayed adds of a key the earliest counts. Source: client-go util/workqueue.

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/clock.h"
#include "kube/resource.h"

namespace penstock::runtime {

class QueueCore {
 public:
  using Key = kube::ObjectKey;

  void add(const Key& key, SteadyTime now);
  void add_at(const Key& key, SteadyTime at);

  /// Moves what is due to the end of the queue.
  void release_due(SteadyTime now);

  struct Item {
    Key key;
    SteadyTime queued_at;
  };
  /// The next key, which is processing from now on.
  [[nodiscard]] std::optional<Item> take(SteadyTime now);
  void done(const Key& key, SteadyTime now);

  /// When the next delayed add is due.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  /// Nothing more is taken in; what is queued or delayed is dropped; processing keys finish.
  void shut_down();

  [[nodiscard]] std::size_t depth() const { return queue_.size(); }
  [[nodiscard]] std::size_t delayed() const { return due_.size(); }
  [[nodiscard]] std::size_t processing() const { return processing_.size(); }
  /// When the work that has run longest was taken.
  [[nodiscard]] std::optional<SteadyTime> oldest_taken() const;

 private:
  std::deque<Item> queue_;
  std::unordered_set<Key> dirty_;
  std::unordered_map<Key, SteadyTime> processing_;
  std::unordered_map<Key, SteadyTime> due_;
  std::set<std::pair<SteadyTime, Key>> by_time_;
  bool shut_down_ = false;
};

}  // namespace penstock::runtime
