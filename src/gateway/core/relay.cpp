// The answer's way to the client: whole, in pieces, or as a stream of events.

#include <algorithm>

#include "gateway/core/call.h"
#include "gateway/core/try.h"
#include "gateway/request/upstream_head.h"
#include "gateway/response/usage_tap.h"

namespace penstock::gateway {

// Views of an upstream's head end with its first body byte, so that the client's head is written
// now.
void Call::copy_head(const net::ResponseHead& head) {
  status_ = head.status;
  status_of_answer_ = head.status;
  exchange_.set_status(head.status);
  for (const net::Header& header : head.headers.all()) {
    const bool undone = inflater_ && header.known == net::Known::kContentEncoding;
    if (!undone && answer_header_passes(header, head.headers)) {
      exchange_.add_header(header.name, header.value);
    }
  }
}

net::Task<void> Call::relay_whole(net::ClientCall& upstream, Try& current) {
  if (!timer_is_whole_) {
    upstream.set_timeout(left());
  }
  constexpr std::size_t kMost = 64U << 10U;
  const auto body = co_await upstream.read_all(kMost);
  tick();
  if (!body) {
    const AnswerClass why = classify_fault(body.error().fault);
    co_await failed(current, why);
    co_return;
  }
  first_byte();
  current.first_byte();
  current.end(routing::Verdict::kOk);
  if (status_ == 200) {
    UsageTap tap;
    tap.feed(*body);
    usage_ = tap.usage();
  }
  const net::IoStatus sent = co_await exchange_.send(*body);
  if (sent != net::IoStatus::kOk) {
    client_left();
  }
}

net::Task<void> Call::relay_body(net::ClientCall& upstream, Try& current) {
  UsageTap tap;
  for (;;) {
    upstream.set_timeout(read_timeout());
    const auto piece = co_await upstream.read_body();
    tick();
    if (!piece) {
      const AnswerClass why = classify_fault(piece.error().fault);
      if (!body_started_) {
        co_await failed(current, why);
      } else if (client_gone()) {
        client_left();
      } else {
        // Not finished: the client sees a broken answer, because there is no honest way to mend it.
        end_badly(current, why.verdict);
        error_code_ = "upstream_reset";
        core_.metrics_.count_stream_error(deployment().name, net::to_string(piece.error().fault));
      }
      co_return;
    }
    if (!body_started_) {
      first_byte();
    }
    if (piece->empty()) {
      break;
    }
    tap.feed(*piece);
    body_started_ = true;
    const net::IoStatus sent = co_await exchange_.write(*piece);
    if (sent != net::IoStatus::kOk) {
      upstream.abort();
      client_left();
      co_return;
    }
  }
  current.end(routing::Verdict::kOk);
  usage_ = status_ == 200 ? tap.usage() : std::nullopt;
  const net::IoStatus sent = co_await exchange_.finish();
  if (sent != net::IoStatus::kOk) {
    client_left();
  }
}

net::Task<void> Call::relay_stream(net::ClientCall& upstream, Try& current) {
  StreamFilter& filter = scratch_.filter;
  filter.start(hide_usage_, scratch_.facts.choices);
  for (;;) {
    upstream.set_timeout(read_timeout());
    const auto piece = co_await upstream.read_body();
    tick();
    if (!piece) {
      tokens_seen_ = filter.tokens_seen();
      usage_ = filter.usage();
      const net::CallFault fault = piece.error().fault;
      const AnswerClass why = classify_fault(fault);
      ApiError error = stream_broken();
      if (fault == net::CallFault::kTimeout) {
        error = now_ >= deadline_ ? request_timeout() : stream_stalled();
      }
      co_await break_stream(current, why, std::move(error), net::to_string(fault));
      co_return;
    }
    if (piece->empty()) {
      break;
    }
    if (first_byte_at_ == SteadyTime{}) {
      first_byte();
      current.first_byte();
    }
    bool sent = false;
    if (inflater_) {
      sent = co_await inflate_and_forward(*piece);
    } else {
      sent = co_await forward(*piece);
    }
    if (!sent) {
      tokens_seen_ = filter.tokens_seen();
      usage_ = filter.usage();
      upstream.abort();
      client_left();
      co_return;
    }
  }
  co_await end_stream(current);
}

// Text that zlib refuses ends the stream as a broken one, which end_stream() finds out.
net::Task<bool> Call::inflate_and_forward(std::string_view piece) {
  for (;;) {
    const Inflater::Out out = inflater_->next(piece);
    piece.remove_prefix(out.used);
    const bool sent = co_await forward(out.text);
    if (!sent) {
      co_return false;
    }
    if (out.failed || (piece.empty() && out.text.empty())) {
      co_return true;
    }
  }
}

// Hot path: once per read from the upstream; allocates nothing. False: the client has gone.
net::Task<bool> Call::forward(std::string_view piece) {
  while (!piece.empty()) {
    const StreamFilter::Out out = scratch_.filter.feed(piece);
    piece.remove_prefix(out.used);
    if (out.count == 0) {
      continue;
    }
    body_started_ = true;
    const net::IoStatus sent = co_await exchange_.write_pieces(out.all());
    if (sent != net::IoStatus::kOk) {
      co_return false;
    }
  }
  co_return true;
}

// The upstream has ended as HTTP asks; whether the stream was complete is another question.
net::Task<void> Call::end_stream(Try& current) {
  StreamFilter& filter = scratch_.filter;
  const StreamFilter::Out rest = filter.finish();
  tokens_seen_ = filter.tokens_seen();
  usage_ = filter.usage();
  const StreamFilter::End end = filter.end();
  if (end == StreamFilter::End::kTruncated) {
    const AnswerClass why{true, routing::Block::kError, routing::Verdict::kFailed};
    ApiError error = stream_truncated();
    co_await break_stream(current, why, std::move(error), "truncated");
    co_return;
  }
  current.end(end == StreamFilter::End::kError ? routing::Verdict::kFailed : routing::Verdict::kOk);
  if (end == StreamFilter::End::kError) {
    error_code_ = "upstream_error_event";
    core_.metrics_.count_stream_error(deployment().name, "error_event");
  }
  if (rest.count != 0) {
    const net::IoStatus sent = co_await exchange_.write_pieces(rest.all());
    if (sent != net::IoStatus::kOk) {
      client_left();
      co_return;
    }
  }
  const std::string_view done = end == StreamFilter::End::kFinished ? "data: [DONE]\n\n" : "";
  const net::IoStatus sent = co_await exchange_.finish(done);
  if (sent != net::IoStatus::kOk) {
    client_left();
  }
}

// Before the client has seen a byte this is a failed try like any other; after it, an honest end:
// an error event, no [DONE], and a connection that is closed.
net::Task<void> Call::break_stream(Try& current, AnswerClass why, ApiError error,
                                   std::string_view reason) {
  if (!body_started_) {
    co_await failed(current, why);
    co_return;
  }
  if (client_gone()) {
    client_left();
    co_return;
  }
  end_badly(current, why.verdict);
  error_code_ = error.code;
  core_.metrics_.count_stream_error(deployment().name, reason);
  const std::string event = error_event(error);
  exchange_.close_after();
  const net::IoStatus sent = co_await exchange_.finish(event);
  if (sent != net::IoStatus::kOk) {
    client_left();
  }
}

std::chrono::milliseconds Call::read_timeout() const {
  const snapshot::Resilience& resilience = document().routes[route_].resilience;
  std::chrono::milliseconds timeout = left();
  const bool waiting_for_first = streaming_ && first_byte_at_ == SteadyTime{};
  if (waiting_for_first && resilience.time_to_first_token_timeout.count() > 0) {
    return std::min(timeout, resilience.time_to_first_token_timeout);
  }
  if (document().limits.idle_timeout.count() > 0) {
    timeout = std::min(timeout, document().limits.idle_timeout);
  }
  return timeout;
}

}  // namespace penstock::gateway
