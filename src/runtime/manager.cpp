#include "runtime/manager.h"

#include <condition_variable>
#include <cstdlib>
#include <exception>

#include "base/log.h"

namespace penstock::runtime {
namespace {
constexpr std::chrono::seconds kReportEvery{5};
}

Manager::Manager(kube::Client& client, kube::Caller* writer, const Waiter& waiter, Metrics& metrics,
                 ManagerOptions options)
    : client_(client),
      writer_(writer),
      waiter_(waiter),
      metrics_(metrics),
      options_(std::move(options)) {}

Manager::~Manager() = default;

kube::Informer& Manager::add_informer(const kube::Resource& resource,
                                      kube::InformerOptions options) {
  options.seed = options_.seed + informers_.size();
  return *informers_.emplace_back(
      std::make_unique<kube::Informer>(client_, waiter_, resource, std::move(options)));
}

Controller& Manager::add_controller(ControllerOptions options, Reconcile reconcile) {
  options.seed = options_.seed + 1'000 + controllers_.size();
  return *controllers_.emplace_back(
      std::make_unique<Controller>(std::move(options), std::move(reconcile), waiter_, metrics_));
}

void Manager::add_service(std::string name, Service service) {
  services_.push_back({std::move(name), std::move(service)});
}

void Manager::add_leader_service(std::string name, Service service) {
  leader_services_.push_back({std::move(name), std::move(service)});
}

void Manager::set_elector(kube::LeaderElector& elector) {
  elector_ = &elector;
}

std::jthread Manager::start(const Named& service, std::stop_token stop) const {
  return std::jthread([name = service.name, run = service.run, stop = std::move(stop)] {
    try {
      run(stop);
    } catch (const std::exception& problem) {
      log::error("service ended by an exception", {{"service", name}, {"error", problem.what()}});
    }
  });
}

Result<> Manager::wait_synced(const std::stop_token& stop) {
  const SteadyTime deadline = waiter_.now() + options_.sync_deadline;
  for (const auto& informer : informers_) {
    if (!informer->wait_synced(deadline, stop)) {
      if (stop.stop_requested()) {
        return {};
      }
      return fail(Code::kTimeout,
                  "the cache of " + std::string(informer->resource().plural) +
                      " was not filled in time; may this service account list and watch it, and "
                      "are the CRDs installed?");
    }
  }
  log::info("caches are synced", {{"informers", informers_.size()}});
  return {};
}

void Manager::report(const std::stop_token& stop) {
  do {
    for (const auto& informer : informers_) {
      const kube::InformerStats stats = informer->stats();
      metrics_.informer(informer->resource().plural, informer->synced(), stats.lists,
                        stats.failures);
    }
    for (const auto& controller : controllers_) {
      metrics_.queue(controller->name(), controller->numbers());
    }
    metrics_.leading(leading_.load());
  } while (waiter_.sleep(kReportEvery, stop));
}

Result<> Manager::run(std::stop_token stop) {
  if (writer_ != nullptr && elector_ != nullptr) {
    writer_->set_write_gate([elector = elector_] { return elector->check(); });
  }
  std::stop_source ending;  // for what must outlive the controllers
  std::vector<std::jthread> standing;
  const auto finish = [&] {
    ending.request_stop();
    standing.clear();
    started_.store(false);
  };
  for (const auto& informer : informers_) {
    standing.push_back(
        start({"informer",
               [&informer = *informer](std::stop_token until) { informer.run(std::move(until)); }},
              ending.get_token()));
  }
  if (auto synced = wait_synced(stop); !synced) {
    finish();
    return synced;
  }
  for (const Named& service : services_) {
    standing.push_back(start(service, ending.get_token()));
  }
  standing.push_back(
      start({"report", [this](std::stop_token until) { report(until); }}, ending.get_token()));
  started_.store(true);
  elect(stop);
  finish();
  return {};
}

void Manager::elect(const std::stop_token& stop) {
  if (elector_ == nullptr) {
    lead(stop);
    return;
  }
  while (elector_->acquire(stop)) {
    std::stop_source lost;
    const std::stop_callback on_stop(stop, [&] { lost.request_stop(); });
    // Ends the work when the lease runs out, even while a renewal waits for its answer.
    std::stop_source settled;
    std::jthread guard([this, &lost, until = settled.get_token()] {
      elector_->wait_lost(until);
      lost.request_stop();
    });
    std::jthread worker([this, until = lost.get_token()] { lead(until); });
    elector_->hold(stop);
    lost.request_stop();
    worker.join();
    settled.request_stop();
    guard.join();
    elector_->release();  // only now: nothing of ours writes any more
  }
}

void Manager::lead(const std::stop_token& stop) {
  leading_.store(true);
  std::vector<std::jthread> threads;
  for (const auto& controller : controllers_) {
    threads.push_back(start(
        {controller->name(),
         [&controller = *controller](std::stop_token until) { controller.run(std::move(until)); }},
        stop));
  }
  for (const Named& service : leader_services_) {
    threads.push_back(start(service, stop));
  }
  std::mutex mutex;
  std::condition_variable_any never;
  {
    std::unique_lock lock(mutex);
    waiter_.wait_until(lock, never, Waiter::kForever, stop, [] { return false; });
  }
  stop_in_time(threads);
  leading_.store(false);
}

void Manager::stop_in_time(std::vector<std::jthread>& threads) {
  std::stop_source ended;
  std::jthread watch([this, until = ended.get_token()] {
    if (!waiter_.sleep(options_.quiet_deadline, until)) {
      return;
    }
    log::error("passes did not end in time after stop or lost leadership, exiting");
    if (options_.on_stuck) {
      options_.on_stuck();
    } else {
      std::_Exit(1);
    }
  });
  threads.clear();  // joins
  ended.request_stop();
}

Result<> Manager::healthy() const {
  const SteadyTime now = waiter_.now();
  std::size_t silent = 0;
  std::string one;
  for (const auto& informer : informers_) {
    const kube::InformerStats stats = informer->stats();
    // Failing is not silent: it tries, and restarting would not make the server come back.
    if (informer->synced() && stats.failures_in_row == 0 &&
        now - stats.last_contact > options_.silent_after) {
      ++silent;
      one = informer->resource().plural;
    }
  }
  if (silent > 0) {
    return fail(Code::kUnavailable, "the watch of " + one + " has had no news for too long");
  }
  return {};
}

Result<> Manager::ready() const {
  if (!started_.load()) {
    return fail(Code::kUnavailable, "caches are not synced yet");
  }
  return {};
}

}  // namespace penstock::runtime
