#include "runtime/controller.h"

#include <exception>
#include <thread>
#include <vector>

#include "base/log.h"

namespace penstock::runtime {
namespace {

/// How soon a key looks again whether the caches show its own writes.
constexpr std::chrono::milliseconds kLookAgain{20};

}  // namespace

kube::Informer::Handler on_new_spec(kube::Informer::Handler next) {
  return [next = std::move(next)](const kube::Change& change) {
    const auto* updated = std::get_if<kube::Updated>(&change);
    if (updated == nullptr || updated->before.generation() != updated->after.generation() ||
        updated->before.deleting() != updated->after.deleting()) {
      next(change);
    }
  };
}

Controller::Controller(ControllerOptions options, Reconcile reconcile, const Waiter& waiter,
                       Metrics& metrics)
    : options_(std::move(options)),
      reconcile_(std::move(reconcile)),
      waiter_(waiter),
      metrics_(metrics),
      queue_(waiter, options_.limits, options_.seed) {}

kube::Informer::Handler Controller::wake_self() {
  return [this](const kube::Change& change) {
    const kube::ObjectKey& key = kube::subject(change).key();
    const auto* updated = std::get_if<kube::Updated>(&change);
    if (updated == nullptr || updated->before.generation() != updated->after.generation()) {
      queue_.forget(key);
    }
    queue_.add(key);
  };
}

kube::Informer::Handler Controller::wake_owner(std::string_view owner_kind) {
  return wake([kind = std::string(owner_kind)](const kube::Object& object) {
    const auto owner = object.controller_owner();
    return owner && owner->kind == kind
               ? std::vector{kube::ObjectKey{object.name_space(), owner->name}}
               : std::vector<kube::ObjectKey>();
  });
}

kube::Informer::Handler Controller::wake(
    std::function<std::vector<kube::ObjectKey>(const kube::Object&)> keys) {
  return [this, keys = std::move(keys)](const kube::Change& change) {
    const auto add = [&](const kube::Object& object) {
      for (const kube::ObjectKey& key : keys(object)) {
        queue_.add(key);
      }
    };
    if (const auto* updated = std::get_if<kube::Updated>(&change)) {
      add(updated->before);  // who lost it must know too
    }
    add(kube::subject(change));
  };
}

void Controller::run(std::stop_token stop) {
  std::vector<std::jthread> workers;
  for (int i = 0; i < options_.workers; ++i) {
    workers.emplace_back([this, stop] { work(stop); });
  }
}  // joins

void Controller::work(const std::stop_token& stop) {
  while (const auto item = queue_.take(stop)) {
    pass(*item, stop);
    queue_.done(item->key);
    metrics_.queue(options_.name, queue_.numbers());
  }
}

Result<Next> Controller::guarded(const Pass& pass) const {
  try {
    return reconcile_(pass);
  } catch (const std::exception& problem) {
    return fail(Code::kInternal, std::string("a pass threw: ") + problem.what());
  } catch (...) {
    return fail(Code::kInternal, "a pass threw something that is no exception");
  }
}

void Controller::pass(const QueueCore::Item& item, const std::stop_token& stop) {
  const SteadyTime start = waiter_.now();
  if (!writes_.settled(item.key)) {
    queue_.add_after(item.key, kLookAgain);
    metrics_.pass(options_.name, PassOutcome::kDeferred, {}, {});
    return;
  }
  const Pass pass{item.key,
                  options_.name + "-" + std::to_string(++passes_),
                  queue_.failures(item.key),
                  start,
                  waiter_.wall_now(),
                  stop};
  const Result<Next> result = guarded(pass);
  const auto worked = waiter_.now() - start;
  const auto waited = start - item.queued_at;
  if (!result) {
    const Error& error = result.error();
    queue_.add_failed(item.key, error.retry_after().value_or(std::chrono::milliseconds(0)));
    metrics_.pass(options_.name, PassOutcome::kFailed, waited, worked);
    if (error.code() != Code::kCancelled) {
      log::warn("reconcile failed, trying again", {{"controller", options_.name},
                                                   {"key", item.key.full_name()},
                                                   {"reconcileId", pass.id},
                                                   {"failures", pass.failures + 1},
                                                   {"code", info(error.code()).name},
                                                   {"error", error.to_string()}});
    }
    return;
  }
  queue_.forget(item.key);
  if (result->after) {
    queue_.add_after(item.key, *result->after);
  }
  metrics_.pass(options_.name, result->after ? PassOutcome::kRequeued : PassOutcome::kDone, waited,
                worked);
}

}  // namespace penstock::runtime
