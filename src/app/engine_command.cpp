#include "app/engine_command.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <pthread.h>
#include <sstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/time_format.h"
#include "engine/engine_server.h"
#include "sim/engine_model/perf_presets.h"

namespace penstock::app {
namespace {

struct Flags {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8000;
  std::string api_key;
  std::string perf_model{sim::kDefaultPerfPreset};
  std::string drain_timeout = "30s";
  std::string start_delay = "0s";
  std::string retry_after = "1s";
  bool list_perf_models = false;
  bool no_prefix_caching = false;
  std::string scheduling_policy = "fcfs";
  engine::EngineOptions engine;
};

constexpr std::uint32_t kDefaultModelLength = 131'072;

void declare_serving(CLI::App& app, Flags& flags) {
  engine::EngineOptions& engine = flags.engine;
  app.add_option("--host", flags.host, "Address to listen on, numeric")->capture_default_str();
  app.add_option("--port", flags.port, "Port to listen on; 0 picks one")->capture_default_str();
  app.add_option("--model", engine.model, "Name of the model")->capture_default_str();
  app.add_option("--served-model-name", engine.served_names,
                 "Names that clients may ask for (default: --model)");
  app.add_option("--api-key", flags.api_key, "Bearer key that calls under /v1 must carry");
  app.add_option("--drain-timeout", flags.drain_timeout,
                 "How long running calls may go on after SIGTERM")
      ->capture_default_str();
}

void declare_model(CLI::App& app, Flags& flags) {
  sim::EngineConfig& model = flags.engine.scheduling;
  model.max_model_len = kDefaultModelLength;
  app.add_option("--max-model-len", model.max_model_len,
                 "Tokens of prompt and answer; at most what the KV cache holds")
      ->capture_default_str();
  app.add_option("--max-num-seqs", model.max_num_seqs, "Sequences in one iteration")
      ->capture_default_str();
  app.add_option("--max-num-batched-tokens", model.max_num_batched_tokens,
                 "Tokens computed in one iteration")
      ->capture_default_str();
  app.add_option("--kv-cache-tokens", model.kv_capacity_tokens,
                 "Tokens that the KV cache holds (default: the performance model's)");
  app.add_option("--block-size", model.block_size, "Tokens per KV block")->capture_default_str();
  app.add_flag("--no-enable-prefix-caching", flags.no_prefix_caching, "Share no KV blocks");
  app.add_option("--scheduling-policy", flags.scheduling_policy, "fcfs or priority")
      ->check(CLI::IsMember({"fcfs", "priority"}))
      ->capture_default_str();
  app.add_option(
         "--perf-model", flags.perf_model,
         "How long iterations take: a preset, or a CSV file in the form of docs/engine-model.md")
      ->capture_default_str();
  app.add_flag("--list-perf-models", flags.list_perf_models, "Print the presets and exit");
  app.add_option("--speedup", flags.engine.speedup, "Run the model this many times as fast")
      ->capture_default_str();
  app.add_option("--seed", flags.engine.seed, "Of answers and of faults")->capture_default_str();
  app.add_option("--default-output-tokens", flags.engine.default_output_tokens,
                 "Mean length of an answer that nobody limits")
      ->capture_default_str();
  app.add_option("--embedding-dimensions", flags.engine.embedding_dimensions,
                 "Length of embedding vectors")
      ->check(CLI::Range(1, 8192))
      ->capture_default_str();
}

void declare_faults(CLI::App& app, Flags& flags) {
  engine::FaultOptions& faults = flags.engine.faults;
  const std::string group = "Faults";
  app.add_option("--fault-start-delay", flags.start_delay, "Listen only after this time")
      ->group(group);
  app.add_option("--fault-load-memory", faults.load_memory,
                 "Memory that is used from the start delay on, such as 256Mi")
      ->transform(CLI::AsSizeValue(true))
      ->group(group);
  app.add_flag("--fault-load-failure", faults.load_failure,
               "Exit with code 1 after the start delay")
      ->group(group);
  app.add_option("--fault-load-message", faults.load_message,
                 "What is logged then, in the words of another engine")
      ->needs("--fault-load-failure")
      ->group(group);
  app.add_option("--fault-slow", faults.slow, "Iterations take this many times as long")
      ->group(group);
  app.add_option("--fault-429", faults.throttle_percent, "Percentage of calls answered 429")
      ->group(group);
  app.add_option("--fault-retry-after", flags.retry_after, "What a 429 says, in whole seconds")
      ->group(group);
  app.add_option("--fault-500", faults.error_percent, "Percentage of calls answered 500")
      ->group(group);
  app.add_option("--fault-hang", faults.hang_percent, "Percentage of calls never answered")
      ->group(group);
  app.add_option("--fault-abort-after", faults.abort_after,
                 "Cut the connection after this many tokens")
      ->group(group);
  app.add_flag("--allow-fault-header", flags.engine.allow_fault_header,
               "Let calls ask for a fault: x-penstock-fault: status=429;retry-after=2 | hang | "
               "abort-after=5 | delay=300ms")
      ->group(group);
}

Result<sim::PerfModel> read_perf_model(const std::string& name) {
  if (!std::filesystem::is_regular_file(name)) {
    return sim::perf_preset(name);
  }
  const std::ifstream file(name);
  std::ostringstream text;
  text << file.rdbuf();
  return sim::PerfModel::parse(name, text.str());
}

void list_perf_models() {
  for (const sim::PerfPreset& preset : sim::perf_presets()) {
    std::cout << preset.name << "  " << preset.description << "\n";
  }
}

/// What a run needs beside the server: when to begin, and how it went.
struct Run {
  net::Loop& loop;
  engine::EngineServer& server;
  const Flags& flags;
  std::chrono::nanoseconds start_delay{0};
  std::chrono::milliseconds drain_timeout{0};
  std::vector<char> weights{};  ///< --fault-load-memory
  bool listening = false;
  int exit_code = 0;
};

void fail_to_load(Run& run, const std::string& why) {
  log::error("loading the model failed: " + why, {{"model", run.flags.engine.model}});
  run.exit_code = 1;
  run.loop.stop();
}

net::Task<void> begin(Run& run) {
  const engine::EngineOptions& options = run.flags.engine;
  log::info("loading the model", {{"model", options.model}});
  co_await run.loop.sleep(run.start_delay);
  auto weights = engine::take_memory(options.faults.load_memory);
  if (!weights || options.faults.load_failure) {
    fail_to_load(run, weights ? options.faults.load_message : weights.error().message());
    co_return;
  }
  run.weights = *std::move(weights);
  auto socket = net::ListenSocket::open(run.flags.host, run.flags.port);
  if (!socket) {
    log::error("cannot listen", {{"error", socket.error().to_string()}});
    run.exit_code = 1;
    run.loop.stop();
    co_return;
  }
  const std::string host =
      run.flags.host.find(':') == std::string::npos ? run.flags.host : "[" + run.flags.host + "]";
  const std::string url = "http://" + host + ":" + std::to_string(socket->port());
  run.server.listen(*std::move(socket));
  run.listening = true;
  const engine::Core& core = run.server.core();
  log::info("engine is listening", {{"url", url},
                                    {"model", options.model},
                                    {"perf_model", run.flags.perf_model},
                                    {"speedup", options.speedup},
                                    {"max_model_len", core.engine.config().max_model_len},
                                    {"kv_cache_tokens", core.engine.config().kv_capacity_tokens}});
}

net::Task<void> end(Run& run) {
  if (run.listening) {
    co_await run.server.drain(run.drain_timeout);
  }
  run.loop.stop();
}

/// Waits for SIGTERM and SIGINT on a thread of its own: the first one drains, the second one does
/// not wait. All threads have them blocked.
class Signals {
 public:
  explicit Signals(Run& run) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, kOver);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::thread([this, &run] { watch(run); });
  }
  ~Signals() {
    over_ = true;
    pthread_kill(thread_.native_handle(), kOver);
    thread_.join();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  static constexpr int kOver = SIGUSR1;  ///< from ~Signals()

  void watch(Run& run) {
    bool draining = false;
    while (!over_) {
      int signal = 0;
      sigwait(&set_, &signal);
      if (signal == kOver) {
        continue;
      }
      if (draining) {
        log::warn("second signal: not waiting for running calls");
        _exit(1);
      }
      draining = true;
      run.loop.post([&run] { net::spawn(end(run)); });
    }
  }

  sigset_t set_{};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

int refuse(const Error& error) {
  std::cerr << "penstock engine: " << error.to_string() << "\n";
  return 2;
}

Result<int> serve(Flags& flags) {
  PENSTOCK_TRY(start_delay, parse_duration(flags.start_delay));
  PENSTOCK_TRY(drain_timeout, parse_duration(flags.drain_timeout));
  PENSTOCK_TRY(retry_after, parse_duration(flags.retry_after));
  PENSTOCK_TRY(perf, read_perf_model(flags.perf_model));
  flags.engine.api_key = Secret(flags.api_key);
  flags.engine.faults.retry_after = std::chrono::ceil<std::chrono::seconds>(retry_after);
  flags.engine.scheduling.prefix_caching = !flags.no_prefix_caching;
  if (flags.scheduling_policy == "priority") {
    flags.engine.scheduling.policy = sim::SchedulingPolicy::kPriority;
  }
  net::Loop loop;
  PENSTOCK_TRY(server, engine::EngineServer::create(loop, flags.engine, std::move(perf)));
  Run run{.loop = loop,
          .server = *server,
          .flags = flags,
          .start_delay = start_delay,
          .drain_timeout = std::chrono::ceil<std::chrono::milliseconds>(drain_timeout)};
  const Signals signals(run);
  net::spawn(begin(run));
  loop.run();
  return run.exit_code;
}

}  // namespace

int run_engine(int argc, char** argv) {
  CLI::App app("A simulated inference engine: vLLM's API, metrics and timing, no GPU",
               "penstock engine");
  Flags flags;
  declare_serving(app, flags);
  declare_model(app, flags);
  declare_faults(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (flags.list_perf_models) {
    list_perf_models();
    return 0;
  }
  const auto done = serve(flags);
  return done ? *done : refuse(done.error());
}

}  // namespace penstock::app
