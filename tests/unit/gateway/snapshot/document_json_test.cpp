#include "gateway/snapshot/document_json.h"

#include <gtest/gtest.h>

namespace penstock::gateway::snapshot {
namespace {

using namespace std::chrono_literals;

Document full() {
  Document d;
  d.gateway = "default/main";
  d.listeners = {{.name = "https",
                  .address = "::",
                  .port = 8443,
                  .tls = true,
                  .certificate_pem = "CERT",
                  .private_key_pem = Secret("KEY"),
                  .min_tls_version = "1.3"}};
  d.limits = {.max_body_bytes = 5,
              .max_header_bytes = 6,
              .max_streams = 7,
              .max_waiting_bytes = 10,
              .request_timeout = 8ms,
              .idle_timeout = 9ms};
  d.cors = {.allow_origins = {"*"}, .allow_headers = {"a"}};
  d.edge = {.required_header = "x-door", .value = Secret("s")};
  Consumer c;
  c.name = "default/alice";
  c.labels = {{"team", "é\"\n"}};
  c.billing = {"org", "bu", "p", "cc"};
  c.priority = -100;
  c.allowed_models = {"a*"};
  c.expires_at = WallTime(1'700'000'000'123ms);
  d.consumers = {c, Consumer{}};
  d.api_keys = {{std::string(64, 'a'), 1}};
  Deployment dep;
  dep.name = "default/m";
  dep.model = "m";
  dep.aliases = {"n"};
  dep.task = Task::kEmbedding;
  dep.dialect = Dialect::kAzureOpenAI;
  dep.auth_value = Secret("Bearer x");
  dep.context_length = 9'007'199'254'740'993;
  dep.endpoints = {
      {.id = "e", .host = "h", .port = 65'535, .tls = true, .ready = false, .draining = true}};
  dep.cold_start = {.max_wait = 11ms, .spill_while_waiting = false};
  d.deployments = {dep};
  Route r;
  r.name = "default/r";
  r.models = {"m"};
  r.paths = {"/v1"};
  r.headers = {{"x", "y"}};
  r.consumer_labels = {{{"k", "v"}}};
  r.tiers = {{.backends = {{0, 3}}, .spill = {.throttled = false, .keep_full = false}}};
  r.balancing = Balancing::kLatency;
  r.resilience = {.attempts = 2,
                  .per_try_timeout = 1s,
                  .time_to_first_token_timeout = 2s,
                  .breaker_consecutive_failures = 3,
                  .breaker_open_for = 4s,
                  .queue = Queue{.max_wait = 5s, .max_depth = 6}};
  d.routes = {r};
  return d;
}

TEST(DocumentJson, WhatIsWrittenIsReadBack) {
  const Document document = full();
  const std::string text = write_document(document);
  const auto read = read_document(text);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(write_document(*read), text);
  EXPECT_EQ(read->consumers[0].expires_at, document.consumers[0].expires_at);
  EXPECT_EQ(read->listeners[0].private_key_pem.reveal(), "KEY");
  EXPECT_EQ(read->deployments[0].context_length, 9'007'199'254'740'993);
  EXPECT_EQ(read->consumers[0].allowed_models, document.consumers[0].allowed_models);
  ASSERT_TRUE(read->deployments[0].cold_start);
  EXPECT_EQ(read->deployments[0].cold_start->max_wait, 11ms);
  EXPECT_FALSE(read->deployments[0].cold_start->spill_while_waiting);
  ASSERT_TRUE(read->routes[0].resilience.queue);
  EXPECT_EQ(read->routes[0].resilience.queue->max_depth, 6U);
  EXPECT_FALSE(read->consumers[1].allowed_models) << "absent is not empty";
}

TEST(DocumentJson, VersionIsOfTheContent) {
  Document a = full();
  Document b = full();
  a.version = "one";
  b.version = "two";
  EXPECT_EQ(content_version(a), content_version(b));
  b.consumers[0].weight = 2;
  EXPECT_NE(content_version(a), content_version(b));
}

TEST(DocumentJson, FaultsNameTheirPlace) {
  const auto why = [](const char* text) {
    const auto read = read_document(text);
    return read ? std::string("(read)") : read.error().message();
  };
  EXPECT_NE(why("{").find("not JSON"), std::string::npos);
  EXPECT_NE(why("[]").find("the document: expected an object"), std::string::npos);
  EXPECT_NE(why(R"({"deployments":[{},{"endpoints":[{"port":65536}]}]})")
                .find("deployments[1].endpoints[0].port: expected an integer in range"),
            std::string::npos);
  EXPECT_NE(why(R"({"routes":[{"balancing":"Magic"}]})").find("routes[0].balancing"),
            std::string::npos);
  EXPECT_EQ(why(R"({"fromTheFuture":1,"limits":{"maxStreams":4}})"), "(read)");
}

}  // namespace
}  // namespace penstock::gateway::snapshot
