#include "engine/handler.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/embedding_call.h"
#include "engine/generation_call.h"
#include "engine/parse_request.h"
#include "engine/reply.h"
#include "telemetry/exposition.h"

namespace penstock::engine {
namespace {

constexpr std::string_view kModelPath = "/v1/models/";
constexpr std::string_view kUnauthorized = R"({"error":"Unauthorized"})";  // vLLM's, not OpenAI's
constexpr std::string_view kVersion = "0.11.0+penstock";  // the vLLM whose behaviour this follows

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool usable_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

std::span<const EngineHandler::Route> EngineHandler::routes() {
  static constexpr Route kRoutes[] = {
      {net::Method::kPost, "/v1/chat/completions", &EngineHandler::chat},
      {net::Method::kPost, "/v1/completions", &EngineHandler::completions},
      {net::Method::kPost, "/v1/embeddings", &EngineHandler::embeddings},
      {net::Method::kGet, "/v1/models", &EngineHandler::models},
      {net::Method::kPost, "/tokenize", &EngineHandler::tokens_of},
      {net::Method::kPost, "/detokenize", &EngineHandler::text_of},
      {net::Method::kGet, "/version", &EngineHandler::version},
      {net::Method::kGet, "/load", &EngineHandler::load},
      {net::Method::kGet, "/health", &EngineHandler::health},
      {net::Method::kGet, "/ping", &EngineHandler::ping},
      {net::Method::kPost, "/ping", &EngineHandler::ping},
      {net::Method::kGet, "/metrics", &EngineHandler::metrics},
      {net::Method::kPost, "/reset_prefix_cache", &EngineHandler::reset_prefix_cache},
  };
  return kRoutes;
}

net::Task<void> EngineHandler::handle(net::Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  const std::string_view path = head.path();
  if (path.starts_with("/v1") && !authorized(head)) {
    exchange.set_status(401);
    exchange.add_header("content-type", "application/json");
    co_await exchange.send(kUnauthorized);
    co_return;
  }
  const net::Method method = head.method == net::Method::kHead ? net::Method::kGet : head.method;
  bool known = false;
  for (const Route& route : routes()) {
    if (route.path == path) {
      known = true;
      if (route.method == method) {
        co_await (this->*route.serve)(exchange);
        co_return;
      }
    }
  }
  if (path.starts_with(kModelPath)) {
    known = true;
    if (method == net::Method::kGet) {
      co_await model(exchange);
      co_return;
    }
  }
  ApiError refusal = status_error(404, "Not Found");
  if (known) {
    refusal = status_error(405, "Method Not Allowed");
  }
  co_await reply_error(exchange, std::move(refusal));
}

bool EngineHandler::authorized(const net::RequestHead& head) const {
  if (core_.options.api_key.empty()) {
    return true;
  }
  const std::string_view given = head.headers.get(net::Known::kAuthorization);
  constexpr std::string_view kBearer = "Bearer ";
  return net::iequals(given.substr(0, kBearer.size()), kBearer) &&
         core_.options.api_key.matches(given.substr(kBearer.size()));
}

ApiResult<AnswerContext> EngineHandler::context_of(net::Exchange& exchange,
                                                   const std::string& model,
                                                   std::string_view id_prefix) {
  const std::string* name = core_.served(model);
  if (name == nullptr) {
    return std::unexpected(unknown_model(model));
  }
  AnswerContext context;
  const std::string_view given = exchange.head().headers.get(net::Known::kXRequestId);
  context.id = usable_id(given) ? fmt::format("{}{}", id_prefix, given)
                                : fmt::format("{}{:016x}{:016x}", id_prefix, core_.id_chance.next(),
                                              core_.id_chance.next());
  const auto wall = core_.loop.clock().wall_now().time_since_epoch();
  context.created = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
  context.model = *name;
  return context;
}

ApiResult<Fault> EngineHandler::fault_of(net::Exchange& exchange) {
  if (core_.options.allow_fault_header) {
    if (const auto header = exchange.head().headers.find("x-penstock-fault")) {
      auto fault = parse_fault(*header);
      if (!fault) {
        return std::unexpected(bad_request(fault.error().message()));
      }
      return *fault;
    }
  }
  return draw_fault(core_.options.faults, core_.fault_chance);
}

/// True: the call ends here, answered or not.
net::Task<bool> EngineHandler::meets_fault(net::Exchange& exchange, Fault fault) {
  co_await core_.loop.sleep(fault.delay);
  if (fault.hang) {
    net::Event gone(core_.loop);
    const auto wake = [&gone] { gone.set(); };
    const net::OnCancel watch(exchange.disconnected(), wake);
    co_await gone.wait();
    co_return true;
  }
  if (fault.status == 0) {
    co_return exchange.disconnected().fired();
  }
  if (fault.retry_after) {
    exchange.add_header("retry-after", static_cast<std::uint64_t>(fault.retry_after->count()));
  }
  ApiError error = status_error(fault.status, fmt::format("injected fault: {}", fault.status));
  co_await reply_error(exchange, std::move(error));
  co_return true;
}

net::Task<void> EngineHandler::chat(net::Exchange& exchange) {
  co_await generate(exchange, Endpoint::kChat);
}

net::Task<void> EngineHandler::completions(net::Exchange& exchange) {
  co_await generate(exchange, Endpoint::kCompletions);
}

net::Task<void> EngineHandler::generate(net::Exchange& exchange, Endpoint endpoint) {
  const auto body = co_await read_json_body(exchange);
  if (!body) {
    co_return;
  }
  if (core_.draining) {
    co_await reply_error(exchange, status_error(503, "The server is shutting down."));
    co_return;
  }
  const auto fault = fault_of(exchange);
  if (!fault) {
    co_await reply_error(exchange, fault.error());
    co_return;
  }
  const bool ended = co_await meets_fault(exchange, *fault);
  if (ended) {
    co_return;
  }
  const auto request = parse_generation(endpoint, *body);
  if (!request) {
    co_await reply_error(exchange, request.error());
    co_return;
  }
  auto context =
      context_of(exchange, request->model, endpoint == Endpoint::kChat ? "chatcmpl-" : "cmpl-");
  if (!context) {
    co_await reply_error(exchange, context.error());
    co_return;
  }
  context->endpoint = endpoint;
  const ActiveCall active(core_);
  GenerationCall call(core_, exchange, *request, *std::move(context), fault->abort_after);
  const auto started = call.start();
  if (!started) {
    co_await reply_error(exchange, started.error());
    co_return;
  }
  co_await call.run();
}

net::Task<void> EngineHandler::embeddings(net::Exchange& exchange) {
  const auto body = co_await read_json_body(exchange);
  if (!body) {
    co_return;
  }
  if (core_.draining) {
    co_await reply_error(exchange, status_error(503, "The server is shutting down."));
    co_return;
  }
  const auto fault = fault_of(exchange);
  if (!fault) {
    co_await reply_error(exchange, fault.error());
    co_return;
  }
  const bool ended = co_await meets_fault(exchange, *fault);
  if (ended) {
    co_return;
  }
  auto request = parse_embedding(*body);
  if (!request) {
    co_await reply_error(exchange, request.error());
    co_return;
  }
  auto context = context_of(exchange, request->model, "embd-");
  if (!context) {
    co_await reply_error(exchange, context.error());
    co_return;
  }
  const auto served =
      co_await serve_embedding(core_, exchange, *std::move(request), *std::move(context));
  if (!served) {
    co_await reply_error(exchange, served.error());
  }
}

net::Task<void> EngineHandler::tokens_of(net::Exchange& exchange) {
  const auto body = co_await read_json_body(exchange);
  if (!body) {
    co_return;
  }
  const auto request = parse_tokenize(*body);
  if (!request) {
    co_await reply_error(exchange, request.error());
  } else if (core_.served(request->model) == nullptr) {
    co_await reply_error(exchange, unknown_model(request->model));
  } else {
    co_await reply_json(exchange, tokenize_answer(request->tokens, request->with_strings,
                                                  core_.engine.config().max_model_len));
  }
}

net::Task<void> EngineHandler::text_of(net::Exchange& exchange) {
  const auto body = co_await read_json_body(exchange);
  if (!body) {
    co_return;
  }
  const auto request = parse_detokenize(*body);
  if (!request) {
    co_await reply_error(exchange, request.error());
  } else if (core_.served(request->model) == nullptr) {
    co_await reply_error(exchange, unknown_model(request->model));
  } else {
    co_await reply_json(exchange, detokenize_answer(request->tokens));
  }
}

net::Task<void> EngineHandler::models(net::Exchange& exchange) {
  co_await reply_json(exchange, model_list_answer(core_.card()));
}

net::Task<void> EngineHandler::model(net::Exchange& exchange) {
  const std::string name = percent_decoded(exchange.head().path().substr(kModelPath.size()));
  if (name.empty() || core_.served(name) == nullptr) {
    co_await reply_error(exchange, unknown_model(name));
    co_return;
  }
  co_await reply_json(exchange, model_answer(core_.card(), name));
}

net::Task<void> EngineHandler::version(net::Exchange& exchange) {
  std::string body = fmt::format(R"({{"version":"{}"}})", kVersion);
  co_await reply_json(exchange, std::move(body));
}

net::Task<void> EngineHandler::load(net::Exchange& exchange) {
  std::string body = fmt::format(R"({{"server_load":{}}})", core_.active);
  co_await reply_json(exchange, std::move(body));
}

net::Task<void> EngineHandler::health(net::Exchange& exchange) {
  exchange.set_status(core_.draining ? 503 : 200);
  co_await exchange.send("");
}

net::Task<void> EngineHandler::ping(net::Exchange& exchange) {
  co_await health(exchange);
}

net::Task<void> EngineHandler::metrics(net::Exchange& exchange) {
  core_.real_time.catch_up();
  const std::string text = core_.metrics.text(core_.engine);
  exchange.set_status(200);
  exchange.add_header("content-type", telemetry::kExpositionContentType);
  co_await exchange.send(text);
}

net::Task<void> EngineHandler::reset_prefix_cache(net::Exchange& exchange) {
  core_.engine.reset_prefix_cache();
  exchange.set_status(200);
  co_await exchange.send("");
}

}  // namespace penstock::engine
