#pragma once
// A whole simulated engine on one loop: model, handler, HTTP server. Knows how they fit together.
//
//   PENSTOCK_TRY(server, EngineServer::create(loop, options, perf));
//   server->listen(std::move(socket));
//   … co_await server->drain(30s);
//
// Thread: the loop's, or before it runs.

#include <chrono>
#include <memory>
#include <utility>

#include "base/result.h"
#include "engine/core.h"
#include "engine/handler.h"
#include "engine/options.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "sim/engine_model/perf_model.h"

namespace penstock::engine {

class EngineServer {
 public:
  /// Error kInvalid names the option and the value it needs.
  [[nodiscard]] static Result<std::unique_ptr<EngineServer>> create(net::Loop& loop,
                                                                    EngineOptions options,
                                                                    sim::PerfModel perf);

  void listen(net::ListenSocket socket) { http_.listen(std::move(socket)); }

  /// Serves one connection that somebody else accepted (tests).
  void serve(std::unique_ptr<net::ByteStream> stream) { http_.serve(std::move(stream)); }

  /// New calls get 503 from now on, and /health too; returns when the running ones have ended.
  /// Those that have not after `limit` are cut. Once.
  [[nodiscard]] net::Task<void> drain(std::chrono::milliseconds limit);

  [[nodiscard]] const Core& core() const { return core_; }

 private:
  EngineServer(net::Loop& loop, EngineOptions options, sim::Engine engine);
  void out_of_patience() { core_.quiet.set(); }

  Core core_;
  EngineHandler handler_;
  net::HttpServer http_;
  net::MemberTimer<&EngineServer::out_of_patience> patience_{*this};
};

}  // namespace penstock::engine
