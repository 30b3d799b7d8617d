#include "engine/engine_server.h"

#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace penstock::engine {
namespace {

/// What is left to do when no call is in the model: last bytes, calls that a fault holds.
constexpr std::chrono::milliseconds kLastBytes{250};

std::string codec_error(int status, std::string_view message) {
  return status_error(status, std::string(message)).body();
}

net::ServerOptions http_options() {
  net::ServerOptions options;
  options.error_body = &codec_error;
  return options;
}

Result<void> check(const EngineOptions& options) {
  const FaultOptions& faults = options.faults;
  if (!(options.speedup > 0) || !std::isfinite(options.speedup)) {
    return fail(Code::kInvalid,
                fmt::format("--speedup is {}, it must be above 0", options.speedup));
  }
  if (!(faults.slow > 0) || !std::isfinite(faults.slow)) {
    return fail(Code::kInvalid, fmt::format("--fault-slow is {}, it must be above 0", faults.slow));
  }
  for (const double percent :
       {faults.throttle_percent, faults.error_percent, faults.hang_percent}) {
    if (!(percent >= 0 && percent <= 100)) {
      return fail(Code::kInvalid,
                  fmt::format("a fault's percentage is {}, it must be from 0 to 100", percent));
    }
  }
  if (options.default_output_tokens == 0) {
    return fail(Code::kInvalid, "--default-output-tokens is 0, it must be at least 1");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<EngineServer>> EngineServer::create(net::Loop& loop, EngineOptions options,
                                                           sim::PerfModel perf) {
  PENSTOCK_CHECK_OK(check(options));
  if (options.served_names.empty()) {
    options.served_names.push_back(options.model);
  }
  PENSTOCK_TRY(engine, sim::Engine::create(options.scheduling, std::move(perf)));
  engine.set_slowdown(options.faults.slow);
  return std::unique_ptr<EngineServer>(
      new EngineServer(loop, std::move(options), std::move(engine)));
}

EngineServer::EngineServer(net::Loop& loop, EngineOptions options, sim::Engine engine)
    : core_(loop, std::move(options), std::move(engine)),
      handler_(core_),
      http_(loop, handler_, http_options()) {
  const auto wall = loop.clock().wall_now().time_since_epoch();
  core_.created = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
}

net::Task<void> EngineServer::drain(std::chrono::milliseconds limit) {
  core_.draining = true;
  core_.loop.arm(patience_, limit);
  if (core_.active > 0) {
    log::info("draining", {{"calls", core_.active}, {"limit_ms", limit.count()}});
    co_await core_.quiet.wait();
  }
  patience_.cancel();
  std::chrono::milliseconds left = kLastBytes;
  if (core_.active > 0) {
    log::warn("cutting calls that did not end in time", {{"calls", core_.active}});
    left = {};
  }
  co_await http_.drain(left);
}

}  // namespace penstock::engine
