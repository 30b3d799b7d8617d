// Configuration that changes and processes that end while streams are open.

#include <future>
#include <thread>

#include "tests/integration/gateway/fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Script;
using testing::Upstream;

/// A stream whose second half waits for the test.
class Change : public GatewayTest {
 protected:
  Change() : go_on_(release_.get_future().share()), upstream_(held()) {
    add_deployment("default/one", "m1", upstream_.port());
    add_route("default/r", {{"default/one"}});
  }
  ~Change() override { let_go(); }

  Script held() {
    Script script = testing::stream_script({.tokens = 10, .usage = false});
    script.before = [go_on = go_on_](std::size_t i) {
      if (i == 5) {
        go_on.wait();
      }
    };
    return script;
  }
  void let_go() {
    if (!released_) {
      released_ = true;
      release_.set_value();
    }
  }
  std::vector<std::unique_ptr<testing::RawHttp>> open_streams(std::size_t count) {
    std::vector<std::unique_ptr<testing::RawHttp>> out;
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(std::make_unique<testing::RawHttp>(port()));
      out.back()->send(chat_request("m1", true));
    }
    for (auto& client : out) {
      EXPECT_TRUE(client->read_until("tok"));
    }
    return out;
  }

  std::promise<void> release_;
  std::shared_future<void> go_on_;
  bool released_ = false;
  Upstream upstream_;
};

TEST_F(Change, NewSnapshotAndRevokedKeyUnderOpenStreams) {
  start(2);
  auto streams = open_streams(100);
  Upstream other(testing::json_script(200, testing::chat_answer("new")));
  document_.deployments.clear();
  document_.routes.clear();
  add_deployment("default/two", "m2", other.port());
  add_route("default/r", {{"default/two"}});
  document_.api_keys.clear();
  add_consumer("default/bob", "sk-bob");
  apply();
  const auto deadline = std::chrono::steady_clock::now() + 1s;
  int refused = 0;
  while (refused < 20 && std::chrono::steady_clock::now() < deadline) {
    refused = chat("m1").status == 401 ? refused + 1 : 0;
  }
  EXPECT_EQ(refused, 20) << "the old key is refused by every core within a second";
  EXPECT_EQ(testing::call(port(), "POST", kChat, headers({}, "sk-bob"), chat_body("m2")).status,
            200);
  let_go();
  for (auto& client : streams) {
    const auto got = client->read();
    EXPECT_TRUE(got.complete);
    EXPECT_TRUE(got.body.ends_with("data: [DONE]\n\n"));
  }
  EXPECT_EQ(metric("penstock_gateway_snapshot_info{version=\"" +
                   server_->snapshot()->document().version + "\"}"),
            2);
}

TEST_F(Change, WhatWasLearntOfAnEndpointSurvives) {
  upstream_.set_handler([](const auto&) {
    Script script = testing::json_script(429, "{}");
    script.headers.emplace_back("retry-after", "60");
    return script;
  });
  start();
  EXPECT_EQ(chat("m1").status, 429);
  document_.limits.max_header_bytes = 32'000;
  add_consumer("default/bob", "sk-bob");
  apply();
  while (testing::call(port(), "GET", "/v1/models", headers({}, "sk-bob")).status != 200) {
    std::this_thread::yield();
  }
  EXPECT_EQ(chat("m1").status, 429);
  EXPECT_EQ(upstream_.calls(), 1U) << "still left alone under the new configuration";
}

TEST_F(Change, DrainFinishesOpenStreams) {
  start(2);
  auto streams = open_streams(50);
  auto drained = std::async(std::launch::async, [this] { server_->drain(10s); });
  EXPECT_EQ(drained.wait_for(100ms), std::future_status::timeout);
  EXPECT_THROW((void)testing::SocketIo::connect(port()), std::runtime_error)
      << "no new connections";
  let_go();
  for (auto& client : streams) {
    EXPECT_TRUE(client->read().body.ends_with("data: [DONE]\n\n"));
  }
  EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
}

TEST_F(Change, DrainCutsWhatOutlivesTheDeadline) {
  start();
  auto streams = open_streams(3);
  const auto began = std::chrono::steady_clock::now();
  server_->drain(200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  for (auto& client : streams) {
    EXPECT_FALSE(client->read().complete);
  }
}

TEST_F(Change, ReadinessGoesOffBeforeConnectionsDo) {
  start();
  EXPECT_EQ(get("/readyz", "").status, 200);
  server_->announce_drain();
  while (get("/readyz", "").status != 503) {
    std::this_thread::yield();
  }
  EXPECT_EQ(testing::call(server_->admin_port(), "GET", "/readyz").status, 503);
  EXPECT_EQ(get("/livez", "").status, 200);
  EXPECT_EQ(get("/v1/models").status, 200) << "calls are still taken";
}

TEST_F(Change, PortInUse) {
  const testing::LoopbackListener taken;
  document_.listeners[0].port = taken.port();
  auto snapshot = snapshot::Snapshot::compile(document_);
  ASSERT_TRUE(snapshot);
  ServerSettings settings;
  settings.listeners = document_.listeners;
  const auto second = GatewayServer::start(std::move(settings), *snapshot);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find(std::to_string(taken.port())), std::string::npos);
}

TEST_F(Change, ManyCallsOnTwoCoresAddUp) {
  upstream_.set_handler(
      [](const auto&) { return testing::json_script(200, testing::chat_answer("x")); });
  start(2);
  constexpr int kClients = 8;
  constexpr int kEach = 50;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([this] {
      for (int n = 0; n < kEach; ++n) {
        EXPECT_EQ(chat("m1").status, 200);
      }
    });
  }
  for (auto& client : clients) {
    client.join();
  }
  (void)records_.nth(kClients * kEach);
  EXPECT_EQ(
      metric(
          R"(penstock_gateway_requests_total{route="default/r",deployment="default/one",code="200"})"),
      kClients * kEach);
  EXPECT_EQ(
      metric(
          R"(penstock_gateway_usage_tokens_total{route="default/r",deployment="default/one",type="output"})"),
      kClients * kEach * 5);
}

}  // namespace
}  // namespace penstock::gateway
