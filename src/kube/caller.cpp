#include "kube/caller.h"

#include <optional>

#include "base/log.h"

namespace penstock::kube {
namespace {

constexpr std::size_t kMostWarnings = 1'000;

Error from_transport(const TransportError& error, const Call& call) {
  const bool maybe_done = call.write && (error.failure == TransportFailure::kUnknown ||
                                         error.failure == TransportFailure::kTimeout ||
                                         error.failure == TransportFailure::kCancelled);
  std::string message =
      call.doing + ": " + error.message +
      (maybe_done ? "; the write may have been done, look before repeating it" : "");
  switch (error.failure) {
    case TransportFailure::kTimeout:
      return {Code::kTimeout, std::move(message)};
    case TransportFailure::kCancelled:
      return {Code::kCancelled, std::move(message)};
    case TransportFailure::kRefused:
      return {Code::kTooLarge, std::move(message)};
    case TransportFailure::kNotSent:
    case TransportFailure::kUnknown:
      break;
  }
  return {Code::kUnavailable, std::move(message)};
}

}  // namespace

Caller::Caller(Transport& transport, TokenSource& tokens, const Waiter& waiter,
               CallerOptions options)
    : transport_(transport),
      tokens_(tokens),
      waiter_(waiter),
      options_(std::move(options)),
      bucket_(options_.qps, options_.burst) {}

void Caller::set_write_gate(std::function<Result<>()> gate) {
  const std::lock_guard lock(mutex_);
  gate_ = std::move(gate);
}

Result<> Caller::before_try(const Call& call, HttpRequest& request, const std::stop_token& stop) {
  SteadyTime at{};
  std::function<Result<>()> gate;
  {
    const std::lock_guard lock(mutex_);
    at = bucket_.take(waiter_.now());
    gate = gate_;
  }
  const auto wait = at - waiter_.now();
  if (wait > SteadyTime::duration::zero() && !waiter_.sleep(wait, stop)) {
    return fail(Code::kCancelled, call.doing + ": stopped before it was sent");
  }
  PENSTOCK_TRY(token, tokens_.token());
  request.headers.clear();
  request.headers = call.request.headers;
  request.headers.emplace_back("User-Agent", options_.user_agent);
  if (!token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(token.reveal()));
  }
  if (call.write && gate) {
    PENSTOCK_CHECK_OK(gate());  // last, as close to the write as can be
  }
  return {};
}

void Caller::note_warnings(const HttpResponse& response) {
  for (const auto& [name, value] : response.headers) {
    if (name != "Warning" && name != "warning") {
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (warned_.size() < kMostWarnings && warned_.insert(value).second) {
      log::warn("API server warns", {{"warning", value}});
    }
  }
}

Result<HttpResponse> Caller::call(const Call& call, const BodySink& sink, std::stop_token stop) {
  const SteadyTime start = waiter_.now();
  HttpRequest request = call.request;
  bool new_token_tried = false;
  int status = 0;
  int tries = 0;
  const auto record = [&] {
    if (options_.on_call) {
      options_.on_call({call.verb, call.resource, status, tries, waiter_.now() - start});
    }
  };
  for (;;) {
    ++tries;
    if (auto ready = before_try(call, request, stop); !ready) {
      record();
      return fail(std::move(ready).error());
    }
    auto answer = transport_.send(request, sink, stop);
    FailedTry failed{call.write, tries, {}, nullptr, nullptr};
    failed.spent = std::chrono::duration_cast<std::chrono::milliseconds>(waiter_.now() - start);
    std::optional<Error> error;
    ApiStatus no;
    if (!answer) {
      status = 0;
      failed.transport = &answer.error();
      error = from_transport(answer.error(), call);
    } else {
      status = answer->status;
      note_warnings(*answer);
      if (status >= 200 && status < 300) {
        record();
        return std::move(*answer);
      }
      if (status == 401 && !new_token_tried && tokens_.reject()) {
        new_token_tried = true;
        continue;
      }
      no = read_status(*answer);
      failed.status = &no;
      error = to_error(no, call.doing);
    }
    const auto wait = sink ? std::nullopt : next_try(options_.retry, failed);
    if (!wait || !waiter_.sleep(*wait, stop)) {
      record();
      return fail(std::move(*error));
    }
  }
}

}  // namespace penstock::kube
