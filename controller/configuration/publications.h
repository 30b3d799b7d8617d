#pragma once
// The configurations that are there to be fetched: the newest of each gateway, and a way to wait
// for the next. Knows the Secrets that hold them; knows no connection. Nothing queues: who was away
// finds the newest.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/wait.h"
#include "controller/authority/gateway_identity.h"
#include "kube/store.h"

namespace penstock::controller::configuration {

struct Publication {
  std::uint64_t version = 0;  ///< the Secret's resourceVersion
  std::string bytes;          ///< packed
};
using PublicationPtr = std::shared_ptr<const Publication>;

/// Any thread.
class Publications {
 public:
  explicit Publications(const Waiter& waiter) : waiter_(waiter) {}

  /// By the name of the Secret.
  void publish(const kube::ObjectKey& secret, Publication publication);
  void withdraw(const kube::ObjectKey& secret);

  /// A handler for the informers of Secrets: takes those that hold a gateway's configuration.
  void seen(const kube::Change& change);

  /// Blocks until there is one of another version than `known` (0: none), the deadline, or a stop.
  /// Null when nothing is new.
  [[nodiscard]] PublicationPtr wait_for(const authority::GatewayIdentity& gateway,
                                        std::uint64_t known, SteadyTime deadline,
                                        const std::stop_token& stop) const;

 private:
  const Waiter& waiter_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<kube::ObjectKey, PublicationPtr> newest_;  // guarded by mutex_
};

}  // namespace penstock::controller::configuration
