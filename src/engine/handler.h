#pragma once
// From a path to what serves it: vLLM's routes, its key check, its refusals, and the faults that a
// call may meet on the way. Knows HTTP and parsed requests; must not know how answers come about.

#include <span>
#include <string_view>

#include "engine/core.h"
#include "net/exchange.h"

namespace penstock::engine {

class EngineHandler final : public net::Handler {
 public:
  explicit EngineHandler(Core& core) : core_(core) {}
  [[nodiscard]] net::Task<void> handle(net::Exchange& exchange) override;

 private:
  using Member = net::Task<void> (EngineHandler::*)(net::Exchange&);
  struct Route {
    net::Method method;
    std::string_view path;
    Member serve;
  };
  [[nodiscard]] static std::span<const Route> routes();

  net::Task<void> chat(net::Exchange& exchange);
  net::Task<void> completions(net::Exchange& exchange);
  net::Task<void> embeddings(net::Exchange& exchange);
  net::Task<void> models(net::Exchange& exchange);
  net::Task<void> model(net::Exchange& exchange);
  net::Task<void> tokens_of(net::Exchange& exchange);
  net::Task<void> text_of(net::Exchange& exchange);
  net::Task<void> version(net::Exchange& exchange);
  net::Task<void> load(net::Exchange& exchange);
  net::Task<void> health(net::Exchange& exchange);
  net::Task<void> ping(net::Exchange& exchange);
  net::Task<void> metrics(net::Exchange& exchange);
  net::Task<void> reset_prefix_cache(net::Exchange& exchange);

  net::Task<void> generate(net::Exchange& exchange, Endpoint endpoint);
  [[nodiscard]] net::Task<bool> meets_fault(net::Exchange& exchange, Fault fault);
  [[nodiscard]] ApiResult<Fault> fault_of(net::Exchange& exchange);
  [[nodiscard]] ApiResult<AnswerContext> context_of(net::Exchange& exchange,
                                                    const std::string& model,
                                                    std::string_view id_prefix);
  [[nodiscard]] bool authorized(const net::RequestHead& head) const;

  Core& core_;
};

}  // namespace penstock::engine
