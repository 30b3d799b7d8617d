#include "gateway/core/call.h"

#include <algorithm>

namespace penstock::gateway {
namespace {

constexpr std::uint64_t kBytesPerToken = 4;

bool is_json(std::string_view content_type) {
  const std::string_view kind = content_type.substr(0, content_type.find(';'));
  std::string_view trimmed = kind;
  while (trimmed.ends_with(' ')) {
    trimmed.remove_suffix(1);
  }
  return net::iequals(trimmed, "application/json");
}

ApiError body_error(const Error& error, std::uint64_t limit) {
  if (error.code() == Code::kTooLarge) {
    return body_too_large(limit);
  }
  if (error.code() == Code::kTimeout) {
    ApiError late = bad_request("The request body did not arrive in time.");
    late.status = 408;
    return late;
  }
  return bad_request("The request body is broken: " + error.message());
}

}  // namespace

Call::Call(Core& core, net::Exchange& exchange, Scratch& scratch)
    : core_(core),
      exchange_(exchange),
      scratch_(scratch),
      binding_(core.binding_),
      now_(core.loop_.now()),
      began_(now_),
      began_wall_(core.loop_.clock().wall_now()),
      deadline_(began_ + document().limits.request_timeout) {
  core_.metrics_.in_flight.add(1);
  scratch_.facts.stream = false;  // of the call before
}

Call::~Call() {
  if (counted_in_streams_) {
    core_.shared_.streams.fetch_sub(1, std::memory_order_relaxed);
  }
}

net::Task<void> Call::run() {
  std::optional<ApiError> refusal = admit();
  if (!refusal) {
    exchange_.set_body_limit(document().limits.max_body_bytes);
    const Result<std::string_view> body = co_await exchange_.read_body();
    tick();
    if (!body && body.error().code() == Code::kCancelled) {
      client_left();
      settle();
      co_return;
    }
    refusal = body ? understand(*body) : body_error(body.error(), document().limits.max_body_bytes);
  }
  if (!refusal) {
    refusal = resolve();
  }
  if (refusal) {
    co_await refuse(std::move(*refusal));
  } else {
    co_await attempts();
  }
  settle();
}

std::optional<ApiError> Call::admit() {
  const net::HeaderList& headers = exchange_.head().headers;
  if (!through_front_door(headers, document().edge)) {
    return not_through_front_door();
  }
  const auto consumer = authenticate(headers, binding_->snapshot(), began_wall_);
  if (!consumer) {
    return auth_error(consumer.error());
  }
  consumer_ = *consumer;
  const std::uint32_t most = document().limits.max_streams;
  if (most != 0) {
    counted_in_streams_ = true;
    if (core_.shared_.streams.fetch_add(1, std::memory_order_relaxed) >= most) {
      return too_many_streams(most);
    }
  }
  const std::string_view content_type = headers.get(net::Known::kContentType);
  if (!is_json(content_type)) {
    return bad_request("The Content-Type must be application/json.", {},
                       "unsupported_content_type");
  }
  return std::nullopt;
}

std::optional<ApiError> Call::understand(std::string_view body) {
  body_ = body;
  const auto scanned = core_.scanner_.scan(body, scratch_.facts);
  if (!scanned) {
    return bad_request(scanned.error().message, scanned.error().param);
  }
  // In Azure's form the path names the deployment, whatever the body says.
  if (scratch_.asked.model.empty()) {
    scratch_.asked.model.swap(scratch_.facts.model);
  }
  if (scratch_.asked.model.empty()) {
    return bad_request("You must provide a model parameter.", "model");
  }
  return std::nullopt;
}

std::optional<ApiError> Call::resolve() {
  const net::RequestHead& head = exchange_.head();
  const auto header = [&head](std::string_view name) {
    return head.headers.find(name).value_or("");
  };
  const std::string_view model = scratch_.asked.model;
  const auto resolution = binding_->snapshot().resolve(consumer_, model, head.path(), header);
  switch (resolution.access) {
    case snapshot::Snapshot::Access::kGranted:
      break;
    case snapshot::Snapshot::Access::kForbidden:
      return model_forbidden(model);
    case snapshot::Snapshot::Access::kUnknownModel:
      return model_unknown(model);
  }
  route_ = resolution.route;
  const BodyFacts& facts = scratch_.facts;
  work_ = routing::expected_work(body_.size() / kBytesPerToken, facts.max_tokens, facts.choices);
  wants_usage_ = facts.stream && !facts.include_usage_asked &&
                 scratch_.asked.operation != Operation::kEmbedding;
  return std::nullopt;
}

// The body as this deployment must see it: usually the client's own bytes.
void Call::prepare_body(const EndpointSlot& slot) {
  hide_usage_ = wants_usage_ && !slot.refuses_usage_option;
  const BodyFacts& facts = scratch_.facts;
  Splice splice(body_);
  const std::string& upstream_model =
      binding_->snapshot().text(choice_.deployment).upstream_model_json;
  if (!upstream_model.empty() && facts.model_value) {
    splice.replace(*facts.model_value, upstream_model);
  }
  if (hide_usage_) {
    ask_for_usage(facts, splice);
  }
  if (!splice.changed()) {
    upstream_body_ = body_;
    return;
  }
  scratch_.upstream_body.clear();
  scratch_.upstream_body.reserve(splice.size());
  splice.append_to(scratch_.upstream_body);
  upstream_body_ = scratch_.upstream_body;
}

net::Task<void> Call::refuse(ApiError error) {
  status_ = error.status;
  error_code_ = error.code;
  if (route_ == kNone) {
    core_.metrics_.count_refused(error.code.empty() ? std::string_view("bad_request") : error.code);
  }
  co_await answer_error(exchange_, error);
}

}  // namespace penstock::gateway
