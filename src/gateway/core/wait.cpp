// A call that waits: until a deployment has its first endpoint, or until one that was full has a
// place.

#include <algorithm>

#include "gateway/core/call.h"

namespace penstock::gateway {
namespace {

using std::chrono::milliseconds;

/// Counts a call as waiting for as long as it lives.
class Counted {
 public:
  explicit Counted(telemetry::Cell& cell) : cell_(cell) { cell_.add(1); }
  ~Counted() { cell_.add(-1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  [[nodiscard]] bool first() const { return cell_.value() == 1; }

 private:
  telemetry::Cell& cell_;
};

std::string_view name_of(Waiter::End end) {
  switch (end) {
    case Waiter::End::kReleased:
      return "released";
    case Waiter::End::kExpired:
      return "expired";
    case Waiter::End::kLeft:
      return "left";
  }
  return "left";
}

/// Nobody here knows how long a start takes, only how long it has taken: a quarter of that more.
milliseconds until_next_look(milliseconds waited) {
  constexpr milliseconds kLeast{1'000};
  constexpr milliseconds kMost{30'000};
  return std::clamp(waited / 4, kLeast, kMost);
}

}  // namespace

// New calls stand behind those that wait already, even when there is a place.
bool Call::others_wait() const {
  return !core_.room_.empty() && attempts_ == 0 && !pass_ &&
         core_.room_.has_line(document().routes[route_].name);
}

std::optional<Call::Wait> Call::what_to_wait_for(const routing::Decision& decision) const {
  const auto& deployments = document().deployments;
  const auto cold = [&](std::uint32_t deployment) -> std::optional<Wait> {
    const auto& rule = deployments[deployment].cold_start;
    return rule && rule->max_wait.count() > 0
               ? std::optional<Wait>({true, deployment, rule->max_wait})
               : std::nullopt;
  };
  if (!decision.choice && decision.none.cold) {
    return cold(*decision.none.cold);
  }
  const auto& queue = document().routes[route_].resilience.queue;
  const routing::Block reason = decision.none.reason;
  // A breaker that calls from the queue have opened themselves is no reason to send them away.
  const bool full = reason == routing::Block::kThrottled || reason == routing::Block::kOverloaded ||
                    (pass_ && decision.none.wait);
  if (queue && queue->max_wait.count() > 0 && (decision.choice || full)) {
    return Wait{false, 0, queue->max_wait};
  }
  return decision.choice ? cold(decision.choice->deployment) : std::nullopt;
}

// Ends with a choice, with an answer, or with another wait.
net::Task<void> Call::wait_for_turn() {
  const Wait wait = *wait_;
  wait_.reset();
  if (waiting_since_ == SteadyTime{}) {
    waiting_since_ = now_;
  }
  const bool released = co_await wait_once(wait);
  if (!released) {
    co_return;
  }
  std::optional<ApiError> refusal = move_to_configuration_in_force();
  if (!refusal) {
    tried_ = {};
    attempts_before_wait_ = attempts_;
    if (next_choice(routing::Block::kNone)) {
      co_return;
    }
    refusal = exhausted();
  }
  co_await refuse(std::move(*refusal));
}

// True: it is this call's turn. False: the client has its answer, or has gone.
net::Task<bool> Call::wait_once(const Wait& wait) {
  const snapshot::Consumer& consumer = document().consumers[consumer_];
  const snapshot::Route& route = document().routes[route_];
  const std::string_view reason = wait.cold_start ? "cold_start" : "queue";
  const auto& queue = route.resilience.queue;
  Waiter waiter(
      core_.room_,
      {.route = route.name,
       .consumer = consumer.name,
       .priority = consumer.priority,
       .weight = consumer.weight,
       .work = work_.total(),
       .bytes = body_.size(),
       .max_bytes = document().limits.max_waiting_bytes,
       .max_depth = wait.cold_start || !queue ? std::nullopt : std::optional(queue->max_depth),
       .until = std::min(waiting_since_ + wait.max_wait, deadline_),
       .ticket = ticket_,
       .pause = pause_});
  const Room::Refusal refusal = core_.room_.enter(waiter);
  pass_.reset();
  if (refusal != Room::Refusal::kNone) {
    core_.metrics_.count_wait(route.name, reason, "refused");
    ApiError error = turned_away(wait, refusal);
    co_await refuse(std::move(error));
    co_return false;
  }
  ticket_ = waiter.ticket();
  const Counted counted(wait.cold_start ? binding_->demand(wait.deployment).waiting_for_start
                                        : wanted_->queued);
  if (counted.first() && core_.shared_.first_wait) {
    core_.shared_.first_wait();
  }
  const net::OnCancel on_leave(exchange_.disconnected(), [&waiter] { waiter.leave(); });
  const SteadyTime began = now_;
  const Waiter::End end = co_await waiter;
  tick();
  waited_ += now_ - began;
  core_.metrics_.count_wait(route.name, reason, name_of(end));
  core_.metrics_.observe_wait(route.name, reason, now_ - waiting_since_);
  if (end == Waiter::End::kReleased) {
    pass_.emplace(waiter.take_pass());
  }
  if (client_gone()) {
    client_left();
    co_return false;
  }
  if (end != Waiter::End::kReleased) {
    ApiError error = waited_in_vain(wait);
    co_await refuse(std::move(error));
    co_return false;
  }
  co_return true;
}

// What ended the wait may be a new configuration, and what waits must not outlive a right that was
// taken away meanwhile: the call is looked at again as if it had come now.
std::optional<ApiError> Call::move_to_configuration_in_force() {
  if (binding_ == core_.binding_) {
    return std::nullopt;
  }
  const std::shared_ptr<Binding> before = binding_;
  const std::uint32_t consumer_before = consumer_;
  const std::uint32_t route_before = route_;
  if (!wanted_elsewhere_) {
    wanted_elsewhere_ = before->shared_demand(wanted_);
  }
  binding_ = core_.binding_;
  std::optional<ApiError> refusal;
  const auto consumer =
      authenticate(exchange_.head().headers, binding_->snapshot(), core_.loop_.clock().wall_now());
  if (consumer) {
    consumer_ = *consumer;
    refusal = resolve();
  } else {
    refusal = auth_error(consumer.error());
  }
  if (refusal) {
    binding_ = before;
    consumer_ = consumer_before;
    route_ = route_before;
  } else if (sent_) {
    const std::string& asked = before->snapshot().document().deployments[choice_.deployment].name;
    const auto index = binding_->deployment_named(asked);
    sent_ = index.has_value();
    choice_.deployment = index.value_or(0);
  }
  return refusal;
}

ApiError Call::turned_away(const Wait& wait, Room::Refusal refusal) const {
  const std::string_view model = scratch_.asked.model;
  if (refusal == Room::Refusal::kNoMemory) {
    return waiting_calls_too_large(document().limits.max_waiting_bytes);
  }
  const auto& queue = document().routes[route_].resilience.queue;
  return queue_full(model, !wait.cold_start && queue ? queue->max_depth : 0, none_.wait);
}

ApiError Call::waited_in_vain(const Wait& wait) const {
  const std::string_view model = scratch_.asked.model;
  if (core_.room_.leaving(now_)) {
    return draining();
  }
  const auto waited = std::chrono::ceil<milliseconds>(now_ - waiting_since_);
  if (wait.cold_start) {
    return start_timeout(model, waited, until_next_look(waited));
  }
  const auto openings = core_.openings(document().routes[route_].name);
  return queue_timeout(model, waited, openings ? openings->wait : std::nullopt);
}

}  // namespace penstock::gateway
