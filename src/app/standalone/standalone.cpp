#include "app/standalone/standalone.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

#include "app/config/folder_watch.h"
#include "app/standalone/configuration.h"
#include "app/standalone/engine_launch.h"
#include "app/standalone/ready_file.h"
#include "app/standalone/serving.h"
#include "app/standalone/signals.h"
#include "app/standalone/wording.h"
#include "app/supervise/log_file.h"
#include "base/time_format.h"
#include "gateway/server.h"

namespace penstock::app::standalone {
namespace {

namespace doc = gateway::snapshot;

class Standalone {
 public:
  Standalone(const Options& options, EventLoop& loop, const supervise::Guard& guard,
             LocalPrograms programs)
      : options_(options),
        loop_(loop),
        programs_(std::move(programs)),
        configuration_(options.config, console_),
        engines_(loop, guard, Random(entropy_seed()),
                 {.log_dir = options.data_dir / "logs",
                  .drain_timeout = options.drain_timeout,
                  .policy = {}},
                 {.addresses_changed = [this] { publish_soon(); },
                  .notice = [this](const auto& view, const auto& notice) { tell(view, notice); },
                  .calls_open =
                      [this](const std::string& id) {
                        const auto demand = server_->demand();
                        return calls_open(demand, server_->metrics_text(), id);
                      }}) {}

  Result<> start() {
    PENSTOCK_TRY(listing, configuration_.read());
    PENSTOCK_TRY(gateway, choose_gateway(configuration_.resources(), options_.gateway));
    gateway_name_ = gateway;
    console_.say(reading_line(options_.config.string(), configuration_.manifests().objects.size()));
    PENSTOCK_CHECK_OK(open_gateway());
    want_engines();
    publish();
    watch_ = std::make_unique<config::FolderWatch>(
        loop_, options_.config, config::FolderWatch::Timing{}, [this] { reload(); });
    watch_->seen(listing);
    greet_when_settled();
    return {};
  }

  /// Returns from the loop, later, with the exit code set.
  void begin_stop() {
    if (stopping_) {
      if (loop_.now() - stop_began_ < kSameRequest) {
        return;
      }
      console_.say("Stopping at once.");
      engines_.kill_all();
      std::_Exit(kInterrupted);
    }
    stopping_ = true;
    stop_began_ = loop_.now();
    watch_.reset();
    remove_ready_file();
    console_.say("Stopping: no new calls; running ones may take up to " +
                 format_duration(options_.drain_timeout) + ". Ctrl-C again stops at once.");
    // drain() blocks, and meanwhile the engines must be looked after.
    drained_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const auto watched =
        loop_.watch(drained_fd_, EPOLLIN, [this](std::uint32_t) { stop_engines(); });
    drainer_ =
        std::jthread([server = server_.get(), limit = options_.drain_timeout, fd = drained_fd_] {
          server->drain(limit);
          eventfd_write(fd, 1);
        });
    if (!watched) {
      drainer_.join();
      stop_engines();
    }
  }

  void finish() {
    if (drainer_.joinable()) {
      drainer_.join();
    }
    if (drained_fd_ >= 0) {
      ::close(drained_fd_);
    }
    server_.reset();
    ::close(access_log_fd_);
  }

 private:
  static constexpr int kInterrupted = 130;
  /// A script that is interrupted often passes the signal on that its child got as well.
  static constexpr std::chrono::milliseconds kSameRequest{300};
  static constexpr std::uintmax_t kAccessLogLimit = 64U << 20U;
  static constexpr std::chrono::seconds kRotationInterval{10};

  /// One line per call, beside the engines' logs: on the terminal they would bury what a person
  /// reads.
  Result<> open_access_log() {
    access_log_fd_ = ::open(access_log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (access_log_fd_ < 0) {
      return fail(Code::kUnavailable,
                  "cannot write " + access_log_.string() + "; choose another --data-dir");
    }
    rotate_access_log();
    return {};
  }

  void rotate_access_log() {
    supervise::rotate_if_larger(access_log_, kAccessLogLimit);
    loop_.call_at(loop_.now() + kRotationInterval, [this] { rotate_access_log(); });
  }

  Result<> open_gateway() {
    PENSTOCK_CHECK_OK(open_access_log());
    auto compiled = compile();
    if (!compiled.document) {
      return fail(Code::kInvalid, compiled.problems.front().message);
    }
    configuration_.set_problems(compiled.problems);
    document_ = *compiled.document;
    PENSTOCK_TRY(snapshot, doc::Snapshot::compile(std::move(*compiled.document)));
    gateway::ServerSettings settings;
    settings.listeners = listeners_of(document_, options_.listen);
    if (settings.listeners.empty()) {
      return fail(Code::kInvalid,
                  "InferenceGateway " + gateway_name_ + " has no usable listener; see above");
    }
    settings.access_log_descriptor = access_log_fd_;
    settings.admin = gateway::AdminAddress{options_.admin.address, options_.admin.port};
    settings.cores = options_.threads != 0 ? options_.threads
                                           : std::max(1U, std::thread::hardware_concurrency());
    const auto first = settings.listeners.front();
    auto server = gateway::GatewayServer::start(std::move(settings), snapshot);
    if (!server) {
      return fail(std::move(server.error())
                      .with_context("cannot serve on " + first.address + ":" +
                                    std::to_string(first.port) +
                                    " (another address: --listen 127.0.0.1:0)"));
    }
    server_ = std::move(*server);
    url_ = client_url(first.address, server_->port(), first.tls);
    return {};
  }

  controller::snapshot::Compiled compile() {
    auto resources = configuration_.resources();
    resources.cluster_residency = options_.residency;
    return controller::snapshot::compile(resources, gateway_name_,
                                         endpoints_of(engines_.addresses()));
  }

  void publish_soon() {
    if (publish_timer_ == 0 && server_ && !drained_) {
      publish_timer_ = loop_.call_at(loop_.now(), [this] {
        publish_timer_ = 0;
        publish();
        greet_when_settled();
      });
    }
  }

  // Also while calls end: some may wait for an engine that is just starting.
  void publish() {
    if (drained_) {
      return;
    }
    auto compiled = compile();
    auto problems = compiled.problems;
    problems.insert(problems.end(), launch_problems_.begin(), launch_problems_.end());
    configuration_.set_problems(problems);
    if (!compiled.document || compiled.document->version == document_.version) {
      return;
    }
    if (!same_listeners(document_, *compiled.document)) {
      console_.complain(
          "Listeners changed: standalone must be started again to open them; the old ones stay.");
    }
    auto next = *compiled.document;
    auto snapshot = doc::Snapshot::compile(std::move(*compiled.document));
    const auto applied =
        snapshot ? server_->apply(*snapshot) : Result<>(std::unexpected(snapshot.error()));
    if (!applied) {
      console_.complain("The gateway keeps its last configuration: " + applied.error().to_string());
    }
    document_ = std::move(next);
  }

  void reload() {
    const auto listing = configuration_.read();
    if (!listing) {
      console_.complain(listing.error().to_string() + " (the last configuration stays in force)");
      return;
    }
    watch_->seen(*listing);
    const std::string line = changes_line(configuration_.changes());
    if (!line.empty()) {
      console_.say(line);
    }
    want_engines();
    publish();
  }

  void want_engines() {
    launch_problems_.clear();
    std::vector<EngineSpec> specs;
    for (const auto& object : configuration_.resources().deployments) {
      if (!object.spec.engine) {
        continue;
      }
      auto spec = launch_of(object, configuration_.resources().secrets, programs_);
      if (spec) {
        specs.push_back(std::move(*spec));
        continue;
      }
      launch_problems_.push_back({{std::string(crd::ModelDeployment::kKind),
                                   object.metadata.namespace_, object.metadata.name},
                                  spec.error().field,
                                  "NotRunnable",
                                  spec.error().message});
      if (const EngineSpec* running = engines_.wanted(object.metadata.full_name())) {
        specs.push_back(*running);  // the last good version
      }
    }
    engines_.want(std::move(specs));
  }

  void tell(const supervise::ChildView& view, const supervise::Notice& notice) {
    const EngineLine line = engine_line(view, notice, stopping_);
    if (line.text.empty()) {
      return;
    }
    if (line.is_complaint) {
      console_.complain(line.text);
    } else {
      console_.say(line.text);
    }
  }

  void greet_when_settled() {
    if (greeted_ || stopping_ || !server_ || !engines_.settled()) {
      return;
    }
    greeted_ = true;
    publish();
    const Served served = served_now();
    console_.say(greeting(served) + "\nMetrics and health: http://" + options_.admin.address + ":" +
                 std::to_string(server_->admin_port()) + "/metrics\nLogs of engines and calls: " +
                 (options_.data_dir / "logs").string() + "\nCtrl-C stops everything.");
    if (!options_.ready_file.empty()) {
      const auto written = write_ready_file(options_.ready_file, served.url, served.api_key);
      if (!written) {
        console_.complain(written.error().to_string());
      }
    }
  }

  [[nodiscard]] Served served_now() const {
    Served served;
    served.url = url_;
    const auto key = first_api_key(configuration_.resources(), document_);
    if (key) {
      served.api_key = key->key;
    }
    for (const auto& deployment : document_.deployments) {
      const bool embedding = deployment.task == doc::Task::kEmbedding;
      auto& list = embedding ? served.embedding_models : served.chat_models;
      const bool text = embedding || deployment.task == doc::Task::kChat;
      const bool runs = !deployment.endpoints.empty();
      if (text && runs && std::ranges::find(list, deployment.model) == list.end()) {
        list.push_back(deployment.model);
      }
    }
    return served;
  }

  void stop_engines() {
    drained_ = true;
    loop_.unwatch(drained_fd_);
    console_.say("All calls have ended; stopping the engines.");
    engines_.stop_all([this] { loop_.stop(); });
  }

  void remove_ready_file() const {
    if (!options_.ready_file.empty()) {
      ::unlink(options_.ready_file.c_str());
    }
  }

  const Options& options_;
  EventLoop& loop_;
  LocalPrograms programs_;
  Console console_;
  Configuration configuration_;
  const std::filesystem::path access_log_{options_.data_dir / "logs" / "access.log"};
  int access_log_fd_ = -1;
  std::string gateway_name_;
  doc::Document document_;  ///< as applied last
  controller::snapshot::Problems launch_problems_;
  std::unique_ptr<gateway::GatewayServer> server_;
  std::string url_;
  Engines engines_;
  std::unique_ptr<config::FolderWatch> watch_;
  EventLoop::TimerId publish_timer_ = 0;
  bool greeted_ = false;
  bool stopping_ = false;
  bool drained_ = false;
  SteadyTime stop_began_{};
  int drained_fd_ = -1;
  std::jthread drainer_;
};

/// The running binary by a path that ps shows well; the kernel's own link when that file was
/// replaced.
std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return !error && std::filesystem::exists(path) ? path.string() : "/proc/self/exe";
}

Result<> prepare_data_dir(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.data_dir / "logs", error);
  if (error) {
    return fail(Code::kUnavailable, "cannot create " + (options.data_dir / "logs").string() + ": " +
                                        error.message() +
                                        "; choose another folder with --data-dir");
  }
  return {};
}

}  // namespace

Result<int> run(const Options& options) {
  PENSTOCK_CHECK_OK(prepare_data_dir(options));
  PENSTOCK_TRY(guard, supervise::Guard::start());
  PENSTOCK_TRY(signals, stop_signals());
  PENSTOCK_TRY(loop, EventLoop::create(system_clock()));
  if (!options.ready_file.empty()) {
    ::unlink(options.ready_file.c_str());  // of an earlier run: it would tell a lie
  }
  const LocalPrograms programs{own_path(), [](const std::string& name) {
                                 auto path = supervise::find_program(name);
                                 return path ? std::optional(*path) : std::nullopt;
                               }};
  Standalone standalone(options, *loop, guard, programs);
  PENSTOCK_CHECK_OK(loop->watch(signals, EPOLLIN, [&](std::uint32_t) {
    while (take_signal(signals)) {
      standalone.begin_stop();
    }
  }));
  PENSTOCK_CHECK_OK(standalone.start());
  loop->run();
  standalone.finish();
  ::close(signals);
  return 0;
}

}  // namespace penstock::app::standalone
