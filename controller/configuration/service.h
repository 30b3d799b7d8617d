#pragma once
// The stream of configurations of one replica, put together: authority, our own certificate, what
// there is to offer, the server. Knows the order in which they come; knows no kind.
//
// Every replica serves, whether it leads or not: all of them see the same Secrets.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/wait.h"
#include "controller/authority/keeper.h"
#include "controller/configuration/publications.h"
#include "controller/configuration/server.h"
#include "kube/client.h"

namespace penstock::controller::configuration {

struct ServiceOptions {
  std::string url;         ///< by which gateways reach us: our certificate carries its host
  std::string name_space;  ///< our own: the authority's Secret is there
  ServerOptions server{};
  authority::Policy policy{};
  authority::Keeper::Timing timing{};
};

class Service {
 public:
  struct Hooks {
    authority::Keeper::Leading leading;
    std::function<void()> on_new_bundle;  ///< those who have certificates of ours need the new one
    DemandSink demand;
  };

  /// References must outlive it. Error kInvalid: the URL or the policy.
  [[nodiscard]] static Result<std::unique_ptr<Service>> make(kube::Client& client,
                                                             const Waiter& waiter,
                                                             ServiceOptions options, Hooks hooks);

  /// Takes the address. Handshakes fail until run() has found an authority.
  [[nodiscard]] Result<> listen();
  /// Keeps authority and certificate; blocks until stopped, then closes.
  void run(const std::stop_token& stop);
  /// Cuts all connections. After it nothing calls a hook.
  void close();

  [[nodiscard]] Publications& publications() noexcept { return publications_; }
  /// Null until there is one. Any thread.
  [[nodiscard]] authority::AuthorityPtr authority() const { return keeper_.current(); }

 private:
  Service(kube::Client& client, const Waiter& waiter, ServiceOptions options, Hooks hooks,
          authority::Leaf leaf);
  void told(const authority::Authority& authority, bool changed);

  const ServiceOptions options_;
  const Hooks hooks_;
  const authority::Leaf leaf_;
  const Waiter& waiter_;
  Publications publications_;
  std::optional<authority::KeyPair> own_;  // the keeper's thread only
  std::unique_ptr<Server> server_;
  authority::Keeper keeper_;
};

}  // namespace penstock::controller::configuration
