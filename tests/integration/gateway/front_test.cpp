// What the front of the gateway lets in, and how it says no: keys, models, paths, bodies, listings,
// limits.

#include <array>
#include <future>
#include <unistd.h>

#include "tests/integration/gateway/fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Upstream;

class Front : public GatewayTest {
 protected:
  Front() : upstream_(testing::json_script(200, testing::chat_answer("hi"))) {
    add_deployment("default/one", "m1", upstream_.port());
    add_route("default/r", {{"default/one"}});
  }
  static bool has_code(const testing::HttpAnswer& answer, const std::string& code) {
    return answer.header("content-type") == "application/json" &&
           answer.body.find("\"code\":\"" + code + "\"") != std::string::npos;
  }
  Upstream upstream_;
};

TEST_F(Front, KeysInThreeHeaders) {
  start();
  const std::string body = chat_body("m1");
  const auto with = [&](const testing::Headers& auth) {
    testing::Headers all{{"Content-Type", "application/json"}};
    all.insert(all.end(), auth.begin(), auth.end());
    return testing::call(port(), "POST", kChat, all, body);
  };
  EXPECT_EQ(with({{"Authorization", std::string("Bearer ") + kKey}}).status, 200);
  EXPECT_EQ(with({{"authorization", std::string("bearer  ") + kKey}}).status, 200);
  EXPECT_EQ(with({{"api-key", kKey}}).status, 200);
  EXPECT_EQ(with({{"x-api-key", kKey}}).status, 200);
  const auto none = with({});
  EXPECT_EQ(none.status, 401);
  EXPECT_TRUE(has_code(none, "invalid_api_key"));
  const auto wrong = with({{"Authorization", "Bearer sk-wrong"}});
  EXPECT_EQ(wrong.status, 401);
  EXPECT_TRUE(has_code(wrong, "invalid_api_key"));
  EXPECT_EQ(with({{"Authorization", "Basic abc"}}).status, 401);
  EXPECT_EQ(upstream_.calls(), 4U);
}

TEST_F(Front, ExpiredConsumer) {
  document_.consumers[0].expires_at = system_clock().wall_now() - 1s;
  start();
  EXPECT_EQ(chat("m1").status, 401);
}

TEST_F(Front, UnknownAndForbiddenModels) {
  document_.consumers[0].allowed_models = {"m1", "other-*"};
  add_deployment("default/two", "m2", upstream_.port());
  add_route("default/r2", {{"default/two"}});
  start();
  const auto unknown = chat("nope");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_TRUE(has_code(unknown, "model_not_found"));
  EXPECT_EQ(chat("other-nope").status, 404);
  const auto forbidden = chat("m2");
  EXPECT_EQ(forbidden.status, 403);
  EXPECT_EQ(upstream_.calls(), 0U);
  const auto list = get("/v1/models");
  EXPECT_EQ(list.status, 200);
  EXPECT_NE(list.body.find(R"("id":"m1")"), std::string::npos);
  EXPECT_EQ(list.body.find("m2"), std::string::npos);
  EXPECT_EQ(get("/v1/models/m1").status, 200);
  EXPECT_EQ(get("/v1/models/m2").status, 404);
  EXPECT_EQ(get("/openai/v1/models").body, list.body);
  EXPECT_EQ(get("/v1/models", "").status, 401);
}

TEST_F(Front, ModelNamesWithSlashes) {
  add_deployment("default/llama", "meta/llama-3.1", upstream_.port());
  add_route("default/r2", {{"default/llama"}});
  start();
  EXPECT_EQ(get("/v1/models/meta/llama-3.1").status, 200);
  EXPECT_EQ(get("/v1/models/meta%2Fllama-3.1").status, 200);
  EXPECT_EQ(chat("meta/llama-3.1").status, 200);
  EXPECT_EQ(post("/openai/deployments/meta%2Fllama-3.1/chat/completions?api-version=1",
                 R"({"messages":[]})")
                .status,
            200);
}

TEST_F(Front, AzurePathWinsOverTheBody) {
  snapshot::Deployment& azure = add_deployment("default/az", "gpt-4o", upstream_.port());
  azure.dialect = snapshot::Dialect::kAzureOpenAI;
  azure.managed = true;
  azure.azure_deployment = "gpt 4o/prod";
  azure.azure_api_version = "2024-10-21";
  azure.auth_header = "api-key";
  azure.auth_value = Secret("azure-secret");
  add_route("default/r2", {{"default/az"}});
  start();
  const auto got = post("/openai/deployments/gpt-4o/chat/completions?api-version=2023-05-15",
                        R"({"model":"something else","messages":[]})");
  EXPECT_EQ(got.status, 200);
  const auto seen = upstream_.seen().at(0);
  EXPECT_EQ(seen.target,
            "/openai/deployments/gpt%204o%2Fprod/chat/completions?api-version=2024-10-21");
  EXPECT_EQ(seen.header("api-key"), "azure-secret");
  EXPECT_EQ(post("/openai/v1/chat/completions", R"({"model":"gpt-4o","messages":[]})").status, 200);
  EXPECT_EQ(records_.nth(1).model, "gpt-4o");
}

TEST_F(Front, UpstreamModelNameIsSplicedIn) {
  document_.deployments[0].upstream_model = "real \"name\"";
  document_.deployments[0].aliases = {"alias"};
  start();
  const std::string before = R"({"messages":[], "model" : )";
  EXPECT_EQ(post(kChat, before + R"("alias" ,"x":1})").status, 200);
  EXPECT_EQ(upstream_.seen().at(0).body, before + R"("real \"name\"" ,"x":1})");
}

TEST_F(Front, HeadersThatMustNotPass) {
  document_.deployments[0].managed = true;
  document_.deployments[0].auth_header = "authorization";
  document_.deployments[0].auth_value = Secret("Bearer upstream-secret");
  start();
  const auto got = testing::call(port(), "POST", kChat,
                                 headers({{"Cookie", "session=1"},
                                          {"Connection", "keep-alive, X-Private"},
                                          {"X-Private", "1"},
                                          {"Keep-Alive", "timeout=5"},
                                          {"TE", "trailers"},
                                          {"Proxy-Authorization", "Basic x"},
                                          {"api-key", "client-2"},
                                          {"x-api-key", "client-3"},
                                          {"X-Forwarded-For", "10.0.0.9"},
                                          {"OpenAI-Organization", "org-client"},
                                          {"traceparent", "00-aa-bb-01"},
                                          {"Accept-Encoding", "gzip"},
                                          {"x-request-id", "my-id-1"},
                                          {"X-Custom", "kept"}}),
                                 chat_body("m1"));
  EXPECT_EQ(got.status, 200);
  const auto seen = upstream_.seen().at(0);
  EXPECT_EQ(seen.headers.count("authorization"), 1U);
  EXPECT_EQ(seen.header("authorization"), "Bearer upstream-secret");
  for (const char* name :
       {"cookie", "x-private", "keep-alive", "te", "proxy-authorization", "api-key", "x-api-key",
        "x-forwarded-for", "openai-organization", "traceparent", "connection"}) {
    EXPECT_EQ(seen.headers.count(name), 0U) << name;
  }
  EXPECT_EQ(seen.header("accept-encoding"), "identity");
  EXPECT_EQ(seen.header("x-custom"), "kept");
  EXPECT_EQ(seen.header("x-request-id"), "my-id-1");
  EXPECT_EQ(got.header("x-request-id"), "my-id-1");
}

TEST_F(Front, TraceContextReachesOurOwnEngines) {
  start();
  (void)testing::call(port(), "POST", kChat,
                      headers({{"traceparent", "00-aa-bb-01"}, {"tracestate", "x=1"}}),
                      chat_body("m1"));
  EXPECT_EQ(upstream_.seen().at(0).header("traceparent"), "00-aa-bb-01");
  EXPECT_EQ(upstream_.seen().at(0).header("tracestate"), "x=1");
}

TEST_F(Front, AnswerHeadersThatMustNotPass) {
  testing::Script script = testing::json_script(200, testing::chat_answer("x"));
  script.headers.insert(script.headers.end(), {{"Set-Cookie", "ARRAffinity=1"},
                                               {"x-ms-region", "Sweden"},
                                               {"x-request-id", "theirs"},
                                               {"Keep-Alive", "timeout=1"}});
  upstream_.set_handler([script](const auto&) { return script; });
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.headers.count("set-cookie"), 0U);
  EXPECT_EQ(got.headers.count("keep-alive"), 0U);
  EXPECT_EQ(got.headers.count("x-request-id"), 1U);
  EXPECT_NE(got.header("x-request-id"), "theirs");
  EXPECT_EQ(got.header("x-ms-region"), "Sweden");
}

TEST_F(Front, BadBodies) {
  start();
  const auto bad = [&](const std::string& body) {
    const auto got = post(kChat, body);
    EXPECT_EQ(got.status, 400) << body.substr(0, 80);
    EXPECT_NE(got.body.find("invalid_request_error"), std::string::npos);
    return got;
  };
  bad("");
  bad("[]");
  bad("{");
  bad(R"({"model":"m1",})");
  bad(R"({"model":"m1"} {})");
  bad(R"({"model":"m1","messages":[}])");
  bad(R"({"messages":[]})");
  EXPECT_NE(bad(R"({"model":"m1","x":1,"model":"m2"})").body.find(R"("param":"model")"),
            std::string::npos);
  EXPECT_NE(bad(R"({"model":"m1","mod\u0065l":"m2"})").body.find(R"("param":"model")"),
            std::string::npos);
  bad(R"({"model":7})");
  bad(R"({"model":"m1","stream":"yes"})");
  bad(R"({"model":"m1","x":)" + std::string(10'000, '[') + std::string(10'000, ']') + "}");
  testing::Headers text = headers();
  text[0].second = "text/plain";
  EXPECT_EQ(testing::call(port(), "POST", kChat, text, chat_body("m1")).status, 400);
  EXPECT_EQ(upstream_.calls(), 0U);
  EXPECT_EQ(chat("m1").status, 200);
}

TEST_F(Front, BodyLimitWithAndWithoutLength) {
  document_.limits.max_body_bytes = 100'000;
  start();
  const auto body_of = [&](std::size_t size) {
    std::string body = R"({"model":"m1","x":")";
    body.append(size - body.size() - 2, 'a');
    return body + "\"}";
  };
  EXPECT_EQ(post(kChat, body_of(100'000)).status, 200);
  const auto over = post(kChat, body_of(100'001));
  EXPECT_EQ(over.status, 413);
  EXPECT_TRUE(has_code(over, "request_too_large"));
  testing::RawHttp client(port());
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
      "application/json\r\nAuthorization: "
      "Bearer sk-test-alice\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'a') + "\r\n";
  for (int i = 0; i < 8 && client.send(chunk); ++i) {
  }
  EXPECT_EQ(client.read().status, 413);
}

TEST_F(Front, TwentyMegabytesPass) {
  start();
  std::string body = R"({"model":"m1","image":")";
  body.append(20U << 20U, 'A');
  body += "\"}";
  EXPECT_EQ(post(kChat, body).status, 200);
  EXPECT_EQ(upstream_.seen().at(0).body.size(), body.size());
}

TEST_F(Front, PathsAndMethods) {
  start();
  EXPECT_EQ(get("/livez", "").status, 200);
  EXPECT_EQ(get("/readyz", "").status, 200);
  EXPECT_EQ(get("/metrics", "").status, 404) << "only on the admin door";
  const auto unsupported = post("/v1/audio/speech", "{}");
  EXPECT_EQ(unsupported.status, 404);
  EXPECT_TRUE(has_code(unsupported, "unsupported_url"));
  EXPECT_TRUE(has_code(get("/nothing"), "unknown_url"));
  const auto method = get(kChat);
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("allow"), "POST, OPTIONS");
  const auto metrics = testing::call(server_->admin_port(), "GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("penstock_gateway_requests_in_flight 0"), std::string::npos);
  EXPECT_EQ(testing::call(server_->admin_port(), "GET", "/readyz").status, 200);
}

TEST_F(Front, ExpectContinueIsAnsweredOnlyForCallsThatAreLetIn) {
  start();
  const std::string body = chat_body("m1");
  const auto head = [&](const std::string& key) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
           "application/json\r\nExpect: "
           "100-continue\r\nAuthorization: Bearer " +
           key + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  };
  testing::SocketIo let_in = testing::SocketIo::connect(port());
  let_in.send(head(kKey));
  std::string text;
  ASSERT_EQ(let_in.receive(text, 2s), testing::SocketIo::Got::kBytes);
  EXPECT_EQ(text, "HTTP/1.1 100 Continue\r\n\r\n");
  let_in.send(body);
  text.clear();
  ASSERT_EQ(let_in.receive(text, 2s), testing::SocketIo::Got::kBytes);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 "));
  testing::SocketIo denied = testing::SocketIo::connect(port());
  denied.send(head("sk-wrong"));
  text.clear();
  ASSERT_EQ(denied.receive(text, 2s), testing::SocketIo::Got::kBytes);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 401 ")) << text.substr(0, 30);
}

TEST_F(Front, SmuggledRequestsAreRefusedAndTheConnectionClosed) {
  start();
  const std::string start_line = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n";
  for (const std::string fields :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n", "Content-Length : 4\r\n",
        "Content-Length: 4\nX: y\r\n", "X: a\r\n b\r\nContent-Length: 4\r\n",
        "Content-Length: +4\r\n", "Transfer-Encoding: chunked, identity\r\n"}) {
    testing::RawHttp client(port());
    client.send(start_line + fields + "\r\nabcd");
    const auto got = client.read(2s);
    EXPECT_TRUE(got.status == 400 || got.status == 501) << got.status << " for " << fields;
    EXPECT_NE(got.body.find("\"error\""), std::string::npos) << "in OpenAI's form too";
    EXPECT_TRUE(client.server_closes(2s)) << fields;
  }
  EXPECT_EQ(upstream_.calls(), 0U);
}

TEST_F(Front, HeadHasNoBody) {
  start();
  std::string text;
  testing::SocketIo socket = testing::SocketIo::connect(port());
  socket.send(testing::request_text("HEAD", "/v1/models", headers({{"Connection", "close"}}), ""));
  while (socket.receive(text, 2s) == testing::SocketIo::Got::kBytes) {
  }
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST_F(Front, AccessLogIsWrittenAsConfigured) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  auto snapshot = snapshot::Snapshot::compile(document_);
  ASSERT_TRUE(snapshot);
  ServerSettings settings;
  settings.listeners = document_.listeners;
  settings.access_log_descriptor = ends[1];
  auto server = GatewayServer::start(std::move(settings), *snapshot);
  ASSERT_TRUE(server);
  server_ = std::move(*server);
  EXPECT_EQ(post(kChat, R"({"model":"m1","messages":[{"content":"my prompt"}]})").status, 200);
  document_.telemetry.access_log = false;
  document_.routes[0].name = "default/renamed";
  apply();
  while (server_->metrics_text().find("default/renamed") == std::string::npos) {
    EXPECT_EQ(chat("m1").status, 200);
  }
  server_.reset();
  ::close(ends[1]);
  std::string text;
  std::array<char, 4'096> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  EXPECT_NE(text.find(R"("consumer":"default/alice","route":"default/r")"), std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("inputTokens":7)"), std::string::npos);
  for (const char* secret : {"prompt", kKey, "\"hi\"", "default/renamed"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
}

TEST_F(Front, CorsForAllowedOriginsOnly) {
  document_.cors.allow_origins = {"https://app.test"};
  start();
  const auto ask = [&](const std::string& origin) {
    return testing::call(port(), "OPTIONS", kChat,
                         {{"Origin", origin},
                          {"Access-Control-Request-Method", "POST"},
                          {"Access-Control-Request-Headers", "authorization"}});
  };
  const auto good = ask("https://app.test");
  EXPECT_EQ(good.status, 204);
  EXPECT_EQ(good.header("access-control-allow-origin"), "https://app.test");
  EXPECT_EQ(good.header("access-control-allow-headers"), "authorization");
  EXPECT_EQ(ask("https://evil.test").header("access-control-allow-origin"), "");
  const auto call = testing::call(port(), "POST", kChat, headers({{"Origin", "https://app.test"}}),
                                  chat_body("m1"));
  EXPECT_EQ(call.header("access-control-allow-origin"), "https://app.test");
}

TEST_F(Front, FrontDoorHeader) {
  document_.edge.required_header = "x-front-door";
  document_.edge.value = Secret("door-1");
  start();
  EXPECT_EQ(chat("m1").status, 403);
  EXPECT_EQ(get("/v1/models").status, 403);
  EXPECT_EQ(get("/livez", "").status, 200);
  EXPECT_EQ(
      testing::call(port(), "POST", kChat, headers({{"X-Front-Door", "door-1"}}), chat_body("m1"))
          .status,
      200);
  EXPECT_EQ(upstream_.seen().at(0).headers.count("x-front-door"), 0U);
}

TEST_F(Front, MostStreams) {
  document_.limits.max_streams = 1;
  std::promise<void> go;
  auto gone = go.get_future().share();
  testing::Script script = testing::stream_script({.usage = false});
  script.before = [gone](std::size_t i) {
    if (i == 2) {
      gone.wait();
    }
  };
  upstream_.set_handler([script](const auto&) { return script; });
  start();
  testing::RawHttp first(port());
  first.send(chat_request("m1", true));
  ASSERT_TRUE(first.read_until("assistant"));
  const auto second = chat("m1", true);
  EXPECT_EQ(second.status, 503);
  EXPECT_FALSE(second.header("retry-after").empty());
  go.set_value();
  EXPECT_TRUE(first.read().complete);
  (void)records_.nth(2);
  EXPECT_EQ(chat("m1", true).status, 200);
}

TEST_F(Front, RouteByHeaderAndLabels) {
  Upstream other(testing::json_script(200, testing::chat_answer("other")));
  add_deployment("default/beta", "m1", other.port());
  snapshot::Route& beta = add_route("default/beta", {{"default/beta"}});
  beta.headers = {{"x-channel", "beta"}};
  std::swap(document_.routes[0], document_.routes[1]);
  add_deployment("default/secret", "m9", other.port());
  snapshot::Route& secret = add_route("default/secret", {{"default/secret"}});
  secret.consumer_labels = {{{"team", "red"}}};
  start();
  EXPECT_EQ(chat("m1").body, testing::chat_answer("hi"));
  EXPECT_EQ(
      testing::call(port(), "POST", kChat, headers({{"X-Channel", "beta"}}), chat_body("m1")).body,
      testing::chat_answer("other"));
  EXPECT_EQ(chat("m9").status, 403);
  EXPECT_EQ(get("/v1/models").body.find("m9"), std::string::npos);
}

TEST_F(Front, MetricLabelsAreBounded) {
  start();
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(chat("random-" + std::to_string(i)).status, 404);
  }
  EXPECT_EQ(server_->metrics_text().find("random-"), std::string::npos);
  EXPECT_EQ(metric(R"(penstock_gateway_requests_refused_total{reason="model_not_found"})"), 300);
}

}  // namespace
}  // namespace penstock::gateway
