#pragma once
// A whole engine server on a manual clock with streams in memory: what a client would see, to the
// millisecond, without sockets or waiting.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/engine_server.h"
#include "net/memory_stream.h"
#include "sim/engine_model/perf_presets.h"
#include "tests/unit/net/manual_clock.h"

namespace penstock::engine {

inline constexpr std::string_view kHello =
    R"("messages":[{"role":"user","content":"Why is the sky blue?"}])";

class EngineFixture : public testing::Test {
 protected:
  using Peer = std::shared_ptr<net::MemoryPeer>;

  void start(EngineOptions options = {}) {
    auto made =
        EngineServer::create(loop, std::move(options), *sim::perf_preset(sim::kDefaultPerfPreset));
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
    server = *std::move(made);
  }

  Peer connect() {
    auto pair = net::MemoryStream::make(loop);
    server->serve(std::move(pair.stream));
    loop.poll();
    return pair.peer;
  }

  static std::string request(std::string_view path, const std::string& body,
                             std::string_view headers = {}) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" + std::string(headers) +
           "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string get(std::string_view path, std::string_view headers = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n" + std::string(headers) + "\r\n";
  }

  Peer send(const std::string& text) {
    Peer peer = connect();
    peer->send(text);
    loop.poll();
    return peer;
  }

  /// Sends, lets `time` pass and gives what came back.
  std::string talk(const std::string& text,
                   std::chrono::milliseconds time = std::chrono::milliseconds(0)) {
    const Peer peer = send(text);
    pass(time);
    return peer->received();
  }

  void pass(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds step(0); step < time; step += std::chrono::milliseconds(1)) {
      clock.advance(std::chrono::milliseconds(1));
      loop.fire_timers();
      loop.poll();
    }
  }

  /// The value of one sample of /metrics; -1 if it is not there.
  double metric(const std::string& series) {
    const std::string text = talk(get("/metrics"));
    const std::size_t at = text.find("\n" + series + " ");
    EXPECT_NE(at, std::string::npos) << series;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
  }
  static std::string series(std::string_view name, std::string_view more = {}) {
    return std::string(name) + R"({model_name="penstock/simulated",engine="0")" +
           std::string(more) + "}";
  }
  double running() { return metric(series("vllm:num_requests_running")); }
  double ended(std::string_view reason) {
    return metric(
        series("vllm:request_success_total", R"(,finished_reason=")" + std::string(reason) + "\""));
  }

  net::Task<void> drain(std::chrono::milliseconds limit) {
    co_await server->drain(limit);
    drained = true;
  }

  void TearDown() override {
    if (server && !drained) {
      net::spawn(drain(std::chrono::milliseconds(1)));
      pass(std::chrono::milliseconds(400));
      ASSERT_TRUE(drained);
    }
  }

  net::ManualClock clock;
  net::Loop loop{clock};
  std::unique_ptr<EngineServer> server;
  bool drained = false;
};

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}
inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace penstock::engine
