// A call's way to an endpoint, and to the next one if that fails before the first byte of an
// answer.

#include <algorithm>

#include "base/log.h"
#include "gateway/core/call.h"
#include "gateway/core/try.h"
#include "gateway/request/upstream_head.h"
#include "net/cancel.h"
#include "routing/cooldown.h"

namespace penstock::gateway {
namespace {

constexpr std::size_t kMostRefusalBody = 64U << 10U;
constexpr int kMostStaleRetries = 3;

// How long a route's line stays where it is after a call found no endpoint with a place and joins
// it. An endpoint that said for how long it wants to be left alone is, whatever this says.
std::chrono::milliseconds pause_after(routing::Block outcome, bool was_in_line) {
  constexpr std::chrono::milliseconds kUntried{10};
  constexpr std::chrono::milliseconds kThrottled{100};
  constexpr std::chrono::milliseconds kFull{1'000};
  if (outcome == routing::Block::kNone) {
    return was_in_line ? kUntried : std::chrono::milliseconds(0);
  }
  return outcome == routing::Block::kThrottled ? kThrottled : kFull;
}

std::string_view target_for(const snapshot::DeploymentText& text, Operation operation) {
  switch (operation) {
    case Operation::kCompletion:
      return text.completion_target;
    case Operation::kEmbedding:
      return text.embedding_target;
    default:
      return text.chat_target;
  }
}

}  // namespace

net::Task<void> Call::attempts() {
  if (!next_choice(routing::Block::kNone)) {
    ApiError error = exhausted();
    co_await refuse(std::move(error));
    co_return;
  }
  while (has_choice_ || wait_) {
    if (wait_) {
      co_await wait_for_turn();
      continue;
    }
    has_choice_ = false;
    sent_ = true;
    ++attempts_;
    co_await attempt();
  }
}

// Connections that died while they waited in the pool are no attempt: the same endpoint is asked
// again at once.
net::Task<void> Call::attempt() {
  EndpointSlot& slot = binding_->slot(choice_.endpoint);
  Try current(slot.state, binding_->demand(choice_.deployment),
              binding_->snapshot().plan(route_).breaker, now_, work_);
  prepare_request(slot);
  for (int again = 0; again <= kMostStaleRetries; ++again) {
    net::ClientCall upstream(core_.pool_, *slot.origin);
    const net::OnCancel on_leave(exchange_.disconnected(), [&upstream] { upstream.abort(); });
    const Outcome outcome = co_await ask(upstream, current);
    if (outcome == Outcome::kDone) {
      co_return;
    }
    if (outcome == Outcome::kRefusedUsageOption) {
      slot.refuses_usage_option = true;
      prepare_request(slot);
    }
  }
  const AnswerClass why = classify_fault(net::CallFault::kStale);
  co_await failed(current, why);
}

void Call::prepare_request(const EndpointSlot& slot) {
  const snapshot::Snapshot& snapshot = binding_->snapshot();
  prepare_body(slot);
  scratch_.upstream_head.clear();
  append_upstream_head(
      scratch_.upstream_head, exchange_.head().headers, deployment(),
      {.target = target_for(snapshot.text(choice_.deployment), scratch_.asked.operation),
       .authority = snapshot.endpoints()[choice_.endpoint].authority,
       .content_length = upstream_body_.size(),
       .request_id = scratch_.request_id,
       .edge_header = document().edge.required_header});
}

net::Task<Call::Outcome> Call::ask(net::ClientCall& upstream, Try& current) {
  const std::chrono::milliseconds timeout = head_timeout();
  timer_is_whole_ = timeout == left();
  upstream.set_timeout(timeout);
  const auto sent = co_await upstream.send(scratch_.upstream_head, upstream_body_);
  tick();
  if (!sent) {
    if (sent.error().fault == net::CallFault::kStale) {
      co_return Outcome::kStale;
    }
    log::debug("upstream call failed",
               {{"requestId", scratch_.request_id}, {"detail", sent.error().detail}});
    const AnswerClass why = classify_fault(sent.error().fault);
    co_await failed(current, why);
    co_return Outcome::kDone;
  }
  const auto head = co_await upstream.read_head();
  tick();
  if (!head) {
    if (head.error().fault == net::CallFault::kStale) {
      co_return Outcome::kStale;
    }
    log::debug("upstream call failed",
               {{"requestId", scratch_.request_id}, {"detail", head.error().detail}});
    const AnswerClass why = classify_fault(head.error().fault);
    co_await failed(current, why);
    co_return Outcome::kDone;
  }
  if ((*head)->status == 400 && hide_usage_) {
    const bool refused = co_await on_bad_request(upstream, current, **head);
    co_return refused ? Outcome::kRefusedUsageOption : Outcome::kDone;
  }
  co_await on_head(upstream, current, **head);
  co_return Outcome::kDone;
}

// No answer came, and nothing has gone to the client: on to the next candidate, or tell the client.
net::Task<void> Call::failed(Try& current, AnswerClass why) {
  if (client_gone()) {
    client_left();
    co_return;
  }
  end_badly(current, why.verdict);
  start_answer_afresh();
  if (next_choice(why.block)) {
    co_return;
  }
  ApiError error = exhausted();
  co_await refuse(std::move(error));
}

net::Task<void> Call::on_head(net::ClientCall& upstream, Try& current,
                              const net::ResponseHead& head) {
  const bool asks_to_wait =
      head.headers.has(net::Known::kRetryAfter) || head.headers.has(net::Known::kRetryAfterMs);
  const AnswerClass why = classify_status(head.status, asks_to_wait);
  if (why.elsewhere) {
    co_await on_refusal(upstream, current, head, why);
    co_return;
  }
  const std::string_view content_type = head.headers.get(net::Known::kContentType);
  constexpr std::string_view kEventStream = "text/event-stream";
  streaming_ = head.status == 200 && content_type.size() >= kEventStream.size() &&
               net::iequals(content_type.substr(0, kEventStream.size()), kEventStream);
  const std::string_view coding = head.headers.get(net::Known::kContentEncoding);
  if (streaming_ && Inflater::supports(coding)) {
    inflater_ = std::make_unique<Inflater>();
  }
  constexpr std::uint64_t kWhole = 64U << 10U;
  const bool whole = head.framing == net::Framing::kLength && head.content_length <= kWhole;
  copy_head(head);
  if (streaming_) {
    co_await relay_stream(upstream, current);
  } else if (whole) {
    co_await relay_whole(upstream, current);
  } else {
    co_await relay_body(upstream, current);
  }
}

// True: the upstream does not know the option that we put into the body; nothing has gone to the
// client.
net::Task<bool> Call::on_bad_request(net::ClientCall& upstream, Try& current,
                                     const net::ResponseHead& head) {
  copy_head(head);
  const auto body = co_await upstream.read_all(kMostRefusalBody);
  tick();
  if (!body) {
    const AnswerClass why = classify_fault(body.error().fault);
    co_await failed(current, why);
    co_return false;
  }
  if (body->find("stream_options") != std::string_view::npos) {
    log::info("endpoint refuses stream_options; its streams are metered by counting",
              {{"deployment", deployment().name}});
    start_answer_afresh();
    co_return true;
  }
  current.end(routing::Verdict::kOk);
  const net::IoStatus sent = co_await exchange_.send(*body);
  if (sent != net::IoStatus::kOk) {
    client_left();
  }
  co_return false;
}

// The upstream answered, but another one may do better. Its own words reach the client only if
// there is no other.
net::Task<void> Call::on_refusal(net::ClientCall& upstream, Try& current,
                                 const net::ResponseHead& head, AnswerClass why) {
  const int status = head.status;
  const auto retry_after = routing::parse_retry_after(head.headers.get(net::Known::kRetryAfterMs),
                                                      head.headers.get(net::Known::kRetryAfter),
                                                      core_.loop_.clock().wall_now());
  copy_head(head);
  const auto body = co_await upstream.read_all(kMostRefusalBody);
  tick();
  if (client_gone()) {
    client_left();
    co_return;
  }
  const std::string_view text = body ? *body : std::string_view();
  if (status == 401 || status == 403) {
    log::warn("upstream refused our credential",
              {{"deployment", deployment().name}, {"status", status}});
  }
  // A used-up account says 429 too, but waiting does not help and no peer is asked for it.
  const bool used_up =
      status == 429 && text.find("\"insufficient_quota\"") != std::string_view::npos;
  end_badly(current, used_up ? routing::Verdict::kUnknown : why.verdict, retry_after);
  const bool go_on = !used_up && next_choice(why.block);
  const bool own_words = status == 429 || status == 401 || status == 403 || text.empty();
  if (go_on || (own_words && !used_up)) {
    start_answer_afresh();
  }
  if (go_on) {
    co_return;
  }
  if (own_words && !used_up) {
    ApiError error = exhausted();
    co_await refuse(std::move(error));
    co_return;
  }
  status_ = status;
  const net::IoStatus sent = co_await exchange_.send(text);
  if (sent != net::IoStatus::kOk) {
    client_left();
  }
}

void Call::end_badly(Try& current, routing::Verdict verdict,
                     std::optional<std::chrono::milliseconds> retry_after) {
  if (current.end(verdict, retry_after)) {
    core_.metrics_.count_breaker_opened(deployment().name);
    log::warn("leaving a failing endpoint alone",
              {{"deployment", deployment().name},
               {"endpoint", binding_->snapshot().endpoints()[choice_.endpoint].endpoint->id}});
  }
}

void Call::start_answer_afresh() {
  exchange_.reset_response();
  add_common_headers(exchange_, scratch_.request_id, document().cors);
}

// Notes how the last try ended and picks the next endpoint, if the route, its attempts and the
// deadline allow. True: the call goes on, to that endpoint or to a place where it waits for one.
bool Call::next_choice(routing::Block outcome) {
  const routing::Plan& plan = binding_->snapshot().plan(route_);
  if (outcome != routing::Block::kNone) {
    tried_.add(choice_.endpoint, outcome);
  }
  const routing::Decision decision = binding_->pick(route_, tried_, now_, core_.random_.next());
  none_ = decision.none;
  if (wanted_ == nullptr) {
    arrive(decision);
  }
  if (now_ >= deadline_) {
    return false;
  }
  if (!decision.choice || others_wait()) {
    wait_ = what_to_wait_for(decision);
    pause_ = pause_after(outcome, ticket_ != 0);
    if (wait_) {
      return true;
    }
  }
  if (!decision.choice || attempts_ - attempts_before_wait_ >= plan.attempts) {
    return false;
  }
  if (outcome != routing::Block::kNone) {
    core_.metrics_.count_retry(deployment().name, block_name(outcome));
  }
  choice_ = *decision.choice;
  has_choice_ = true;
  return true;
}

std::chrono::milliseconds Call::left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now_);
  return std::max(left, std::chrono::milliseconds(1));
}

std::chrono::milliseconds Call::head_timeout() const {
  const snapshot::Resilience& resilience = document().routes[route_].resilience;
  std::chrono::milliseconds timeout = left();
  if (resilience.per_try_timeout.count() > 0) {
    timeout = std::min(timeout, resilience.per_try_timeout);
  }
  if (scratch_.facts.stream && resilience.time_to_first_token_timeout.count() > 0) {
    timeout = std::min(timeout, resilience.time_to_first_token_timeout);
  }
  return timeout;
}

ApiError Call::exhausted() const {
  const std::string_view model = scratch_.asked.model;
  if (now_ >= deadline_) {
    return request_timeout();
  }
  switch (none_.reason) {
    case routing::Block::kThrottled:
      return all_throttled(model, none_.wait);
    case routing::Block::kTimeout:
      return upstream_timeout(model);
    case routing::Block::kOverloaded:
      return none_available(model, none_.wait);
    case routing::Block::kError:
      return attempts_ == 0 ? none_available(model, none_.wait) : upstream_failed(model);
    case routing::Block::kUnusable:
    case routing::Block::kNone:
      break;
  }
  return none_available(model, none_.wait);
}

}  // namespace penstock::gateway
