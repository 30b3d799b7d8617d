#include "app/gateway/configuration_stream.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/snapshot/frame.h"

namespace penstock::app::gateway_role {
namespace {

/// Connections are opened again about twice a day: replicas that came later get their share.
constexpr std::chrono::hours kLongestStream{12};

std::string reason_of(const kube::HttpResponse& response) {
  return "the controller answered " + std::to_string(response.status);
}

}  // namespace

/// One connection, from the request to its end.
struct ConfigurationStream::Attempt {
  explicit Attempt(const Identity& with, SteadyTime now) : identity(with), heard(now) {}

  const Identity& identity;
  std::stop_source end;
  std::mutex mutex;
  SteadyTime heard;  // guarded by mutex
  std::string why;   // guarded by mutex; empty: the peer ended it
  gateway::snapshot::FrameReader reader;

  void finish(std::string reason) {
    const std::lock_guard lock(mutex);
    if (why.empty()) {
      why = std::move(reason);
    }
    end.request_stop();
  }
};

Result<std::unique_ptr<ConfigurationStream>> ConfigurationStream::start(StreamOptions options,
                                                                        const Waiter& waiter) {
  PENSTOCK_TRY(server, parse_controller_url(options.url));
  auto stream = std::unique_ptr<ConfigurationStream>(
      new ConfigurationStream(std::move(options), std::move(server), waiter));
  stream->descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stream->descriptor_ < 0) {
    return fail(Code::kUnavailable, "no descriptor is left");
  }
  stream->thread_ =
      std::jthread([stream = stream.get()](const std::stop_token& stop) { stream->run(stop); });
  return stream;
}

ConfigurationStream::ConfigurationStream(StreamOptions options, kube::ServerUrl server,
                                         const Waiter& waiter)
    : options_(std::move(options)),
      server_(std::move(server)),
      waiter_(waiter),
      random_(options_.seed) {}

ConfigurationStream::~ConfigurationStream() {
  thread_ = {};  // stops and joins
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void ConfigurationStream::run(const std::stop_token& stop) {
  kube::Backoff backoff(options_.backoff);
  while (!stop.stop_requested()) {
    if (try_all(stop)) {
      backoff.reset();
    }
    waiter_.sleep(backoff.after_failure(random_.unit()), stop);
  }
}

/// True when one of the replicas was followed for a while.
bool ConfigurationStream::try_all(const std::stop_token& stop) {
  const auto identity = read_identity(options_.identity);
  if (!identity) {
    give_up(identity.error().to_string());
    return false;
  }
  auto addresses = options_.resolve(server_.host);
  if (addresses.empty()) {
    give_up(server_.host + " has no address");
  }
  for (std::size_t left = addresses.size(); left > 0 && !stop.stop_requested(); --left) {
    std::swap(addresses[random_.below(left)], addresses[left - 1]);
    if (follow(addresses[left - 1], *identity, stop)) {
      return true;
    }
  }
  return false;
}

bool ConfigurationStream::follow(const std::string& address, const Identity& identity,
                                 const std::stop_token& stop) {
  const auto door = open_door(server_, address, identity, options_.connect_timeout);
  if (!door) {
    give_up(door.error().to_string());
    return false;
  }
  Attempt attempt(identity, waiter_.now());
  const std::stop_callback on_stop(stop, [&attempt] { attempt.finish("stopping"); });
  kube::HttpRequest request;
  request.method = "GET";
  request.target = "/v1/snapshots";
  request.deadline = kLongestStream;
  const kube::BodySink sink = [&](std::string_view piece) {
    arrived(attempt, piece);
    return !attempt.end.stop_requested();
  };
  std::string problem;
  {
    const std::jthread watch(
        [this, &attempt](const std::stop_token& over) { guard(attempt, over); });
    const auto response = (*door)->send(request, sink, attempt.end.get_token());
    problem = response ? reason_of(*response) : response.error().message;
  }
  if (const std::lock_guard lock(attempt.mutex); !attempt.why.empty()) {
    problem = attempt.why;
  }
  if (stop.stop_requested()) {
    return true;
  }
  if (!connected_.load()) {
    give_up(problem);
    return false;
  }
  set_connected(false, problem);
  return true;
}

void ConfigurationStream::guard(Attempt& attempt, const std::stop_token& over) const {
  while (waiter_.sleep(options_.look, over)) {
    SteadyTime heard;
    {
      const std::lock_guard lock(attempt.mutex);
      heard = attempt.heard;
    }
    if (waiter_.now() - heard > options_.silence) {
      return attempt.finish("the controller has fallen silent");
    }
    const auto now = read_identity(options_.identity);  // unreadable: it is just being replaced
    if (now && !now->same_as(attempt.identity)) {
      return attempt.finish("our certificate was renewed");
    }
  }
}

void ConfigurationStream::arrived(Attempt& attempt, std::string_view piece) {
  {
    const std::lock_guard lock(attempt.mutex);
    attempt.heard = waiter_.now();
  }
  const auto fed = attempt.reader.feed(piece, [this](gateway::snapshot::Frame frame) {
    set_connected(true, "");
    if (frame.is_heartbeat()) {
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      if (newest_ && newest_->version > frame.version) {
        return;  // another replica, which lags behind
      }
      newest_ = Arrival{frame.version, std::move(frame.bytes)};
    }
    eventfd_write(descriptor_, 1);
  });
  if (!fed) {
    attempt.finish(fed.error().to_string());
  }
}

void ConfigurationStream::set_connected(bool connected, const std::string& why) {
  if (connected_.exchange(connected) == connected) {
    return;
  }
  if (connected) {
    last_problem_.clear();
    log::info("following the configuration at the controller", {{"url", options_.url}});
  } else {
    log::warn("the stream of configurations ended; the Secret's watch goes on",
              {{"url", options_.url}, {"reason", why}});
  }
  options_.on_state(connected);
}

void ConfigurationStream::give_up(const std::string& problem) {
  if (problem != last_problem_) {
    log::warn("the controller cannot be followed; trying again",
              {{"url", options_.url}, {"problem", problem}});
    last_problem_ = problem;
  }
}

std::optional<Arrival> ConfigurationStream::take() {
  eventfd_t ignored = 0;
  eventfd_read(descriptor_, &ignored);
  const std::lock_guard lock(mutex_);
  return std::exchange(newest_, std::nullopt);
}

bool ConfigurationStream::send_demand(const std::string& json) const {
  const auto identity = read_identity(options_.identity);
  if (!identity) {
    return false;
  }
  kube::HttpRequest request;
  request.method = "POST";
  request.target = "/v1/demand";
  request.content_type = "application/json";
  request.body = json;
  request.deadline = options_.demand_timeout;
  for (const auto& address : options_.resolve(server_.host)) {
    const auto door = open_door(server_, address, *identity, options_.connect_timeout);
    if (!door) {
      continue;
    }
    const auto response = (*door)->send(request, nullptr, {});
    if (response && response->status >= 200 && response->status < 300) {
      return true;
    }
  }
  return false;
}

}  // namespace penstock::app::gateway_role
