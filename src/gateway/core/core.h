#pragma once
// The gateway on one event loop: takes requests, answers the simple ones, and runs a Call for each
// inference. Knows nothing of other cores; configuration arrives by apply() on its own thread.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "gateway/core/binding.h"
#include "gateway/core/metrics.h"
#include "gateway/core/usage_record.h"
#include "gateway/request/authenticate.h"
#include "gateway/request/body_scan.h"
#include "gateway/request/operation.h"
#include "gateway/response/api_error.h"
#include "gateway/response/stream_filter.h"
#include "gateway/waiting/room.h"
#include "net/exchange.h"
#include "net/http_client.h"
#include "telemetry/registry.h"

namespace penstock::gateway {

/// Buffers of one call, kept from call to call so that a steady flow does not allocate.
struct Scratch {
  Asked asked;
  BodyFacts facts;
  std::string request_id;
  std::string upstream_head;
  std::string upstream_body;
  StreamFilter filter;
};

/// Counts calls of all cores, for the one limit that spans them; touched only when that limit is
/// set.
using SharedCount = std::atomic<std::uint32_t>;

/// Who hears of finished calls; null = nobody.
struct CallSinks {
  UsageSink* usage = nullptr;       ///< of every call
  UsageSink* access_log = nullptr;  ///< while the configuration asks for it
};

/// What the cores of one replica have in common.
struct Shared {
  std::size_t cores = 1;
  SharedCount streams{0};
  SharedRoom room;
  /// Called on a core's thread when the first of its calls begins to wait for a deployment; must
  /// not block. Empty: nobody wants to know.
  std::function<void()> first_wait;
};

class Core final : public net::Handler, private Exits {
 public:
  Core(net::Loop& loop, std::uint64_t seed, Shared& shared, CallSinks sinks);

  net::Task<void> handle(net::Exchange& exchange) override;

  /// On the core's thread.
  void apply(std::shared_ptr<const snapshot::Snapshot> snapshot);
  void set_draining() noexcept { draining_ = true; }
  /// Calls that still wait shortly before `limit` has passed are refused.
  void end_waiting(std::chrono::milliseconds limit);

  [[nodiscard]] const telemetry::Registry& registry() const noexcept { return registry_; }
  [[nodiscard]] const demand::Book& demand() const noexcept { return demand_; }
  [[nodiscard]] net::ClientPool& pool() noexcept { return pool_; }
  [[nodiscard]] net::Loop& loop() noexcept { return loop_; }
  [[nodiscard]] bool draining() const noexcept { return draining_; }

 private:
  friend class Call;

  struct ScratchLease;
  net::Task<void> simple(net::Exchange& exchange, const Scratch& scratch);
  net::Task<void> health(net::Exchange& exchange, bool ready);
  net::Task<void> models(net::Exchange& exchange, const Scratch& scratch);
  net::Task<void> preflight(net::Exchange& exchange);
  void choose_request_id(const net::RequestHead& head, std::string& out);
  std::optional<routing::Openings> openings(std::string_view route) override;
  [[nodiscard]] bool uses(std::string_view route, std::string_view deployment) const override;

  net::Loop& loop_;
  Random random_;
  Shared& shared_;
  CallSinks sinks_;
  telemetry::Registry registry_;
  Metrics metrics_;
  net::ClientPool pool_;
  EndpointSlots slots_;
  demand::Book demand_;
  Room room_;
  BodyScanner scanner_;
  std::shared_ptr<Binding> binding_;
  std::vector<std::unique_ptr<Scratch>> scratch_;
  bool draining_ = false;
};

/// Headers that every answer has: the request's id and, for allowed origins, CORS.
void add_common_headers(net::Exchange& exchange, std::string_view request_id,
                        const snapshot::Cors& cors);

[[nodiscard]] ApiError auth_error(AuthFault fault);

/// Answers with an OpenAI error; the connection goes on.
net::Task<void> answer_error(net::Exchange& exchange, const ApiError& error);

}  // namespace penstock::gateway
