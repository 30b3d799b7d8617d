#include "app/gateway/gateway.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>

#include "app/config/folder_watch.h"
#include "app/gateway/configuration_stream.h"
#include "app/gateway/demand_reporter.h"
#include "app/gateway/newest_version.h"
#include "app/gateway/secret_feed.h"
#include "app/gateway/snapshot_files.h"
#include "app/gateway/source_metrics.h"
#include "app/loop/event_loop.h"
#include "app/standalone/serving.h"
#include "base/log.h"
#include "gateway/server.h"

namespace penstock::app::gateway_role {
namespace {

std::string host_name() {
  constexpr std::size_t kLongest = 256;
  std::string name(kLongest, '\0');
  name.resize(gethostname(name.data(), name.size() - 1) == 0 ? name.find('\0') : 0);
  return name;
}

class Gateway {
 public:
  Gateway(const Options& options, EventLoop& loop) : options_(options), loop_(loop) {}

  Result<> start() {
    if (!options_.snapshot.empty()) {
      auto snapshot = read_snapshot_file(options_.snapshot);
      PENSTOCK_CHECK_OK(snapshot ? serve(*snapshot, source::kFile)
                                 : serve_last_good(snapshot.error()));
      watch_file();
    }
    if (!options_.controller.empty()) {
      PENSTOCK_CHECK_OK(follow_controller());
    }
    if (options_.snapshot_secret) {
      PENSTOCK_CHECK_OK(follow_secret(*options_.snapshot_secret));
    }
    report_demand();
    return {};
  }

  /// Calls end by themselves or are cut at the limit; a second signal does not wait.
  void begin_stop() {
    if (drain_timer_ != 0 || !server_) {
      std::_Exit(server_ ? kCut : 0);
    }
    log::info("stopping", {{"drainDelayMs", options_.drain_delay.count()},
                           {"drainTimeoutMs", options_.drain_timeout.count()}});
    // Not ready from now on, and still taking calls: those in front of us need a moment to see it.
    server_->announce_drain();
    drain_timer_ = loop_.call_at(loop_.now() + options_.drain_delay, [this] { drain(); });
  }

  void finish() {
    if (drainer_.joinable()) {
      drainer_.join();
    }
    if (drained_fd_ >= 0) {
      ::close(drained_fd_);
    }
    reporter_->stop();
    stream_.reset();
    feed_.reset();
    server_.reset();
    log::info("stopped");
  }

 private:
  static constexpr int kCut = 130;

  // It blocks, and meanwhile configurations still come: calls that wait may get their endpoint.
  void drain() {
    drained_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const auto watched = loop_.watch(drained_fd_, EPOLLIN, [this](std::uint32_t) { loop_.stop(); });
    drainer_ =
        std::jthread([server = server_.get(), limit = options_.drain_timeout, fd = drained_fd_] {
          server->drain(limit);
          eventfd_write(fd, 1);
        });
    if (!watched) {
      loop_.stop();
    }
  }

  [[nodiscard]] std::filesystem::path copy() const { return options_.data_dir / kSnapshotKey; }

  Result<> serve_last_good(const Error& problem) {
    if (!options_.data_dir.empty()) {
      const auto kept = read_snapshot_file(copy());
      if (kept) {
        log::warn("starting from the last good configuration", {{"problem", problem.to_string()}});
        return serve(*kept, source::kCopy);
      }
    }
    if (options_.snapshot_secret || !options_.controller.empty()) {
      log::warn("waiting for a configuration", {{"problem", problem.to_string()}});
      return {};
    }
    return fail(problem);
  }

  /// Once there are calls to tell of and somebody to tell.
  void report_demand() {
    if (server_ && stream_ && !reporter_->started()) {
      reporter_->start(
          [server = server_.get()] { return gateway::demand::write_report(server->demand()); },
          [stream = stream_.get()](const std::string& text) { return stream->send_demand(text); });
    }
  }

  Result<> follow_controller() {
    StreamOptions stream;
    stream.url = options_.controller;
    stream.identity = options_.identity;
    stream.on_state = [this](bool connected) { metrics_.stream_connected(connected); };
    PENSTOCK_TRY(started, ConfigurationStream::start(std::move(stream)));
    stream_ = std::move(started);
    return loop_.watch(stream_->descriptor(), EPOLLIN,
                       [this](std::uint32_t) { take(stream_->take(), source::kStream); });
  }

  Result<> follow_secret(const kube::ObjectKey& secret) {
    auto feed = SecretFeed::start(secret);
    if (!feed && (server_ || stream_)) {
      log::warn("the API server cannot be used: the configuration's Secret is not watched",
                {{"error", feed.error().to_string()}});
      return {};
    }
    if (!feed) {
      return fail(std::move(feed.error()));
    }
    feed_ = std::move(*feed);
    return loop_.watch(feed_->descriptor(), EPOLLIN,
                       [this](std::uint32_t) { take(feed_->take(), source::kWatch); });
  }

  void take(const std::optional<Arrival>& arrival, std::string_view from) {
    if (!arrival || !newest_.wants(arrival->version)) {
      return;
    }
    const auto snapshot = read_snapshot(arrival->bytes);
    if (!snapshot) {
      log::error("the new configuration cannot be used; the last one stays in force",
                 {{"error", snapshot.error().to_string()}});
      return;
    }
    watch_.reset();
    if (const auto served = serve(*snapshot, from); !served) {
      log::error("cannot serve", {{"error", served.error().to_string()}});
      loop_.stop();
    }
  }

  void watch_file() {
    watch_ = std::make_unique<config::FolderWatch>(
        loop_, options_.snapshot, config::FolderWatch::Timing{}, [this] { read_file(); });
    read_file();
  }

  void read_file() {
    if (const auto listing = config::list_manifests(options_.snapshot)) {
      watch_->seen(*listing);
    }
    const auto snapshot = read_snapshot_file(options_.snapshot);
    if (!snapshot) {
      log::error("the new configuration cannot be used; the last one stays in force",
                 {{"error", snapshot.error().to_string()}});
    } else if (const auto served = serve(*snapshot, source::kFile); !served) {
      log::error("cannot serve", {{"error", served.error().to_string()}});
    }
  }

  Result<> serve(const SnapshotPtr& snapshot, std::string_view from) {
    const auto& document = snapshot->document();
    if (server_ && server_->snapshot()->document().version == document.version) {
      metrics_.in_force(from);
      return {};
    }
    PENSTOCK_CHECK_OK(server_ ? change(snapshot, from) : open(snapshot));
    metrics_.in_force(from);
    if (!options_.data_dir.empty()) {
      if (const auto kept = keep_copy(copy(), document); !kept) {
        log::warn("the configuration is not kept on disk", {{"error", kept.error().to_string()}});
      }
    }
    return {};
  }

  Result<> open(const SnapshotPtr& snapshot) {
    const auto& document = snapshot->document();
    if (document.listeners.empty()) {
      return fail(Code::kInvalid, "InferenceGateway " + document.gateway +
                                      " has no usable listener; its condition Accepted says why");
    }
    gateway::ServerSettings settings;
    settings.listeners = document.listeners;
    settings.access_log_descriptor = STDOUT_FILENO;
    settings.more_metrics = {&metrics_.registry()};
    settings.instance = host_name();  // in a pod the pod's name: the controller knows us by it
    settings.on_first_wait = [reporter = reporter_.get()] { reporter->hurry(); };
    settings.admin = gateway::AdminAddress{options_.admin.address, options_.admin.port};
    settings.cores =
        options_.threads != 0
            ? options_.threads
            : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostCores);
    const std::size_t cores = settings.cores;
    PENSTOCK_TRY(server, gateway::GatewayServer::start(std::move(settings), snapshot));
    server_ = std::move(server);
    log::info("serving", {{"gateway", document.gateway},
                          {"version", document.version},
                          {"port", server_->port()},
                          {"adminPort", server_->admin_port()},
                          {"cores", cores}});
    report_demand();
    return {};
  }

  Result<> change(const SnapshotPtr& snapshot, std::string_view from) {
    const auto& document = snapshot->document();
    if (!standalone::same_listeners(server_->snapshot()->document(), document)) {
      log::warn(
          "listeners changed; this process keeps those that it has opened, its successor "
          "opens the new ones");
    }
    log::info("taking over a configuration", {{"version", document.version}, {"source", from}});
    if (const auto applied = server_->apply(snapshot); !applied) {
      log::error("a listener keeps its last certificate", {{"error", applied.error().to_string()}});
    }
    return {};
  }

  const Options& options_;
  EventLoop& loop_;
  SourceMetrics metrics_;
  NewestVersion newest_;
  std::unique_ptr<gateway::GatewayServer> server_;
  std::unique_ptr<config::FolderWatch> watch_;
  std::unique_ptr<SecretFeed> feed_;
  std::unique_ptr<ConfigurationStream> stream_;
  std::unique_ptr<DemandReporter> reporter_ = std::make_unique<DemandReporter>();
  EventLoop::TimerId drain_timer_ = 0;
  int drained_fd_ = -1;
  std::jthread drainer_;
};

/// Signals become something to read; threads started later inherit the block.
Result<int> signal_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0
                     ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)
                     : -1;
  if (fd < 0) {
    return fail(Code::kInternal, "cannot receive signals");
  }
  return fd;
}

}  // namespace

Result<int> run(const Options& options) {
  PENSTOCK_TRY(signals, signal_descriptor());
  PENSTOCK_TRY(loop, EventLoop::create(system_clock()));
  Gateway gateway(options, *loop);
  PENSTOCK_CHECK_OK(loop->watch(signals, EPOLLIN, [&](std::uint32_t) {
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == sizeof info) {
      gateway.begin_stop();
    }
  }));
  PENSTOCK_CHECK_OK(gateway.start());
  loop->run();
  gateway.finish();
  ::close(signals);
  return 0;
}

}  // namespace penstock::app::gateway_role
