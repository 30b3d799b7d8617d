#pragma once
// Keeps the authority of this process equal to its Secret, and on the leader renews it there. Knows
// the cluster and time; decides nothing (rotation.h does) and signs nothing.
//
// Replicas read the one Secret again every half a minute. Only the leader writes, and only over the
// version that it has read (or, where there is no Secret, by creating it): two replicas can never
// have two authorities.

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include "base/wait.h"
#include "controller/authority/authority.h"
#include "kube/client.h"

namespace penstock::controller::authority {

inline constexpr std::string_view kSecretName = "penstock-authority";

using AuthorityPtr = std::shared_ptr<const Authority>;

class Keeper {
 public:
  struct Timing {
    std::chrono::milliseconds look{30'000};
    std::chrono::milliseconds look_while_empty{1'000};
  };
  /// Asked before every write.
  using Leading = std::function<bool()>;
  /// Told after every look at a usable authority; `changed`: not the same bundle as before.
  using Told = std::function<void(const Authority&, bool changed)>;

  /// `client` and `waiter` must outlive the keeper.
  Keeper(kube::Client& client, const Waiter& waiter, kube::ObjectKey secret, Policy policy,
         Leading leading, Told told, Timing timing);

  /// Blocks until stopped.
  void run(std::stop_token stop);

  /// One look. False: there is no authority yet, or it could not be read.
  bool look(const std::stop_token& stop);

  /// Null until there is one. Any thread.
  [[nodiscard]] AuthorityPtr current() const;

 private:
  Result<Authority> read_or_renew(const std::stop_token& stop);

  kube::Client& client_;
  const Waiter& waiter_;
  const kube::ObjectKey secret_;
  const Policy policy_;
  const Leading leading_;
  const Told told_;
  const Timing timing_;
  std::string last_problem_;
  mutable std::mutex mutex_;
  AuthorityPtr current_;  // guarded by mutex_
};

}  // namespace penstock::controller::authority
