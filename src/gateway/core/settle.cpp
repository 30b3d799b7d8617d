// A call's books: metrics and the usage record, once, at its end.

#include <algorithm>

#include "gateway/core/call.h"

namespace penstock::gateway {
namespace {

constexpr int kOk = 200;
constexpr int kClientLeft = 499;
constexpr std::int64_t kBytesPerToken = 4;

std::int64_t prompt_estimate(std::string_view body) {
  return static_cast<std::int64_t>(body.size()) / kBytesPerToken;
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

// The call was offered to one deployment: the one that its route would have liked to use.
void Call::arrive(const routing::Decision& decision) {
  const bool first_tier = decision.choice && decision.choice->tier == 0;
  const std::uint32_t deployment =
      first_tier ? decision.choice->deployment : binding_->preferred(route_, core_.random_.next());
  wanted_ = &binding_->demand(deployment);
  wanted_->arrivals.add(1);
  wanted_->prompt_tokens.add(prompt_estimate(body_));
}

void Call::first_byte() {
  first_byte_at_ = now_;
  pass_.reset();
}

void Call::client_left() {
  if (!left_) {
    left_ = true;
    core_.metrics_.client_disconnects.add();
  }
}

void Call::settle() {
  core_.metrics_.in_flight.add(-1);
  if (left_) {
    status_ = kClientLeft;
  }
  // Tokens were spent if the upstream said so, or if it had begun to answer; a refused try costs
  // nothing.
  const bool had_begun = body_started_ || tokens_seen_ != 0 || first_byte_at_ != SteadyTime{};
  const bool estimated = !usage_ && had_begun && status_of_answer_ == kOk;
  if (estimated) {
    usage_ = Usage{.input = prompt_estimate(body_),
                   .cached = 0,
                   .output = static_cast<std::int64_t>(tokens_seen_),
                   .reasoning = 0};
  }
  tick();
  pass_.reset();
  settle_demand();
  const std::chrono::nanoseconds duration = now_ - began_;
  count(estimated, duration);
  report(estimated, duration);
}

void Call::settle_demand() {
  if (wanted_ == nullptr) {
    return;
  }
  const Usage usage = usage_.value_or(Usage{});
  if (usage_) {
    wanted_->prompt_tokens.correct(prompt_estimate(body_), usage.input);
    wanted_->output_tokens.add(usage.output);
  }
  if (!sent_ || status_of_answer_ != kOk || (status_ != kOk && !left_)) {
    return;
  }
  demand::Counters& served = binding_->demand(choice_.deployment);
  if (&served != wanted_) {
    wanted_->spilled_calls.add(1);
    wanted_->spilled_tokens.add(usage.input + usage.output);
    served.absorbed_calls.add(1);
    served.absorbed_tokens.add(usage.input + usage.output);
  }
  if (!core_.room_.empty()) {
    core_.room_.answered_by(deployment().name);
  }
}

void Call::count(bool estimated, std::chrono::nanoseconds duration) {
  if (route_ == kNone) {
    return;
  }
  const bool sent = sent_;
  const Usage usage = usage_.value_or(Usage{});
  CallSeries& series =
      binding_->call_series(route_, sent ? choice_.deployment : Binding::kNoDeployment);
  core_.metrics_.count_status(series, document().routes[route_].name,
                              sent ? std::string_view(deployment().name) : "", status_);
  series.input->add(usage.input);
  series.cached->add(usage.cached);
  series.output->add(usage.output);
  series.reasoning->add(usage.reasoning);
  series.estimated_calls->add(estimated ? 1 : 0);
  if (!sent) {
    return;
  }
  ModelSeries& model = binding_->model_series(choice_.deployment, scratch_.asked.operation);
  model.duration->observe(seconds(duration));
  if (usage_) {
    model.input_tokens->observe(static_cast<double>(usage.input));
    model.output_tokens->observe(static_cast<double>(usage.output));
  }
  if (streaming_ && first_byte_at_ != SteadyTime{}) {
    const std::chrono::nanoseconds to_first = first_byte_at_ - began_;
    model.first_token->observe(seconds(to_first));
    if (usage.output > 1) {
      model.per_output_token->observe(seconds(duration - to_first) /
                                      static_cast<double>(usage.output - 1));
    }
  }
}

void Call::report(bool estimated, std::chrono::nanoseconds duration) {
  UsageSink* access_log = document().telemetry.access_log ? core_.sinks_.access_log : nullptr;
  if (core_.sinks_.usage == nullptr && access_log == nullptr) {
    return;
  }
  const bool started = first_byte_at_ != SteadyTime{};
  const UsageRecord record{
      .at = began_wall_,
      .request_id = scratch_.request_id,
      .consumer = consumer_ != kNone ? &document().consumers[consumer_] : nullptr,
      .route = route_ != kNone ? std::string_view(document().routes[route_].name) : "",
      .deployment = sent_ ? std::string_view(deployment().name) : "",
      .operation = operation_name(scratch_.asked.operation),
      .model = scratch_.asked.model,
      .stream = scratch_.facts.stream,
      .status = status_,
      .error_code = error_code_,
      .usage = usage_.value_or(Usage{}),
      .estimated = estimated,
      .attempts = attempts_,
      .duration = duration,
      .waited = waited_,
      .to_first_byte = started ? first_byte_at_ - began_ : std::chrono::nanoseconds(0)};
  for (UsageSink* sink : {core_.sinks_.usage, access_log}) {
    if (sink != nullptr) {
      sink->emit(record);
    }
  }
}

}  // namespace penstock::gateway
