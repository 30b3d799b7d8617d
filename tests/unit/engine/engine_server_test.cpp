#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "tests/unit/engine/engine_fixture.h"

namespace penstock::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string chat(std::string_view more = {}) {
  return "{" + std::string(kHello) + std::string(more) + "}";
}
constexpr std::string_view kChat = "/v1/chat/completions";

TEST_F(EngineFixture, AnswersAChatWhole) {
  start();
  const std::string answer =
      talk(request(kChat, chat(R"(,"max_tokens":12,"model":"penstock/simulated")")), seconds(1));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(has(answer, R"("object":"chat.completion")")) << answer;
  EXPECT_TRUE(has(answer, R"("prompt_tokens":14,"total_tokens":26,"completion_tokens":12)"))
      << answer;
  EXPECT_TRUE(has(answer, R"("finish_reason":"length")")) << answer;
}

TEST_F(EngineFixture, StreamsTokenByTokenAtTheModelsPace) {
  start();
  const Peer peer = send(request(kChat, chat(R"(,"max_tokens":20,"stream":true)")));
  EXPECT_TRUE(has(peer->received(), "text/event-stream")) << "the head goes out at once";
  EXPECT_FALSE(has(peer->received(), "data:"));
  pass(milliseconds(80));
  const std::size_t after_80ms = count(peer->received(), "data:");
  pass(milliseconds(80));
  const std::size_t after_160ms = count(peer->received(), "data:");
  EXPECT_GT(after_80ms, 5U);
  EXPECT_GT(after_160ms, after_80ms + 5);
  pass(seconds(1));
  const std::string all = peer->received();
  EXPECT_EQ(count(all, "data:"), 1U + 20U + 1U);  // role, tokens, [DONE]
  EXPECT_EQ(count(all, R"("delta":{"role":"assistant")"), 1U);
  EXPECT_EQ(count(all, R"("finish_reason":"length")"), 1U);
  EXPECT_TRUE(all.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n")) << all;
  EXPECT_FALSE(has(all, "usage"));
}

TEST_F(EngineFixture, StreamAndWholeAnswerSayTheSame) {
  start();
  const std::string whole = talk(request(kChat, chat(R"(,"seed":4)")), seconds(3));
  const std::string streamed = talk(request(kChat, chat(R"(,"seed":4,"stream":true)")), seconds(3));
  std::string text;
  constexpr std::string_view kMark = R"("delta":{"content":")";
  for (std::size_t at = streamed.find(kMark); at != std::string::npos;
       at = streamed.find(kMark, at + 1)) {
    const std::size_t from = at + kMark.size();
    text += streamed.substr(from, streamed.find('"', from) - from);
  }
  EXPECT_TRUE(has(whole, R"("content":")" + text + "\"")) << whole << text;
  EXPECT_TRUE(has(streamed, R"("finish_reason":"stop")"));
}

TEST_F(EngineFixture, UsageComesOnceOrWithEveryChunk) {
  start();
  const std::string once = talk(
      request(kChat,
              chat(R"(,"max_tokens":5,"stream":true,"stream_options":{"include_usage":true})")),
      seconds(1));
  EXPECT_EQ(count(once, R"("usage":)"), 1U);
  EXPECT_TRUE(has(once, R"("choices":[],"usage":{"prompt_tokens":14,"total_tokens":19,)"));
  const std::string always =
      talk(request(kChat, chat(R"(,"max_tokens":5,"stream":true,"stream_options":{"include_usage":)"
                               R"(true,"continuous_usage_stats":true})")),
           seconds(1));
  EXPECT_EQ(count(always, R"("usage":)"), 1U + 5U + 1U);
  EXPECT_TRUE(has(always, R"("completion_tokens":3,)"));
}

TEST_F(EngineFixture, ChoicesAreSeveralSequences) {
  start();
  const Peer peer = send(request(kChat, chat(R"(,"n":3,"max_tokens":30,"stream":true)")));
  pass(milliseconds(40));
  EXPECT_EQ(running(), 3);
  pass(seconds(1));
  const std::string all = peer->received();
  EXPECT_EQ(count(all, R"("finish_reason":"length")"), 3U);
  EXPECT_EQ(count(all, R"("choices":[{"index":2,)"), 31U);
  const std::string completion =
      talk(request("/v1/completions", R"({"prompt":["a","b"],"n":2,"max_tokens":3})"), seconds(1));
  EXPECT_TRUE(has(completion, R"("index":3)")) << completion;
  EXPECT_TRUE(has(completion, R"("prompt_tokens":2,"total_tokens":14,"completion_tokens":12)"));
}

TEST_F(EngineFixture, NextTurnFindsPromptAndAnswerInThePrefixCache) {
  start();
  std::string long_text;
  for (int i = 0; i < 200; ++i) {
    long_text += "river ";
  }
  const std::string user = R"({"role":"user","content":")" + long_text + R"("})";
  const std::string first =
      talk(request(kChat, R"({"max_tokens":60,"messages":[)" + user + "]}"), seconds(2));
  EXPECT_TRUE(has(first, R"("cached_tokens":0)")) << first;
  const std::string mark = R"("content":")";
  const std::size_t from = first.find(mark) + mark.size();
  const std::string said = first.substr(from, first.find(R"(","refusal")") - from);
  const std::string second = talk(request(kChat, R"({"max_tokens":5,"messages":[)" + user +
                                                     R"(,{"role":"assistant","content":")" + said +
                                                     R"("},{"role":"user","content":"more"}]})"),
                                  seconds(2));
  // 206 prompt tokens and 59 of the answer are computed and so in the cache: 16 full blocks.
  EXPECT_TRUE(has(second, R"("cached_tokens":256)")) << second;
  EXPECT_EQ(metric(series("vllm:prefix_cache_hits_total")), 256);
}

TEST_F(EngineFixture, DisconnectFreesTheEngineAtOnce) {
  start();
  const Peer peer =
      send(request(kChat, chat(R"(,"max_tokens":5000,"ignore_eos":true,"stream":true)")));
  const Peer whole = send(request(kChat, chat(R"(,"max_tokens":5000,"ignore_eos":true)")));
  pass(milliseconds(100));
  EXPECT_EQ(running(), 2);
  EXPECT_GT(metric(series("vllm:kv_cache_usage_perc")), 0);
  peer->finish();
  whole->reset();
  loop.poll();
  EXPECT_EQ(running(), 0);
  EXPECT_EQ(metric(series("vllm:kv_cache_usage_perc")), 0);
  EXPECT_EQ(ended("abort"), 2);
  pass(seconds(1));
  EXPECT_LT(metric(series("vllm:generation_tokens_total")), 100);
}

TEST_F(EngineFixture, SpeedupShortensTheSameAnswer) {
  const auto time_of = [&](double speedup) {
    EngineOptions options;
    options.speedup = speedup;
    start(std::move(options));
    const Peer peer = send(request(kChat, chat(R"(,"max_tokens":400,"ignore_eos":true)")));
    const SteadyTime from = clock.now();
    while (peer->received().empty()) {
      pass(milliseconds(1));
    }
    const double took = std::chrono::duration<double, std::milli>(clock.now() - from).count();
    const double counted = metric(series("vllm:e2e_request_latency_seconds_sum"));
    EXPECT_NEAR(counted * 1000, took, 2);
    net::spawn(drain(milliseconds(1)));
    pass(milliseconds(300));
    drained = false;
    return took;
  };
  const double plain = time_of(1);
  EXPECT_GT(plain, 2'000);  // 400 iterations of 6 to 8 ms
  EXPECT_LT(plain, 4'000);
  EXPECT_NEAR(time_of(10), plain / 10, 2);
  EXPECT_NEAR(time_of(500), plain / 500, 2);  // far below a timer tick per iteration
  start();
}

TEST_F(EngineFixture, SequencesBeyondTheLimitWait) {
  EngineOptions options;
  options.scheduling.max_num_seqs = 2;
  start(std::move(options));
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(send(request(kChat, chat(R"(,"max_tokens":50)"))));
  }
  pass(milliseconds(30));
  EXPECT_EQ(running(), 2);
  EXPECT_EQ(metric(series("vllm:num_requests_waiting")), 3);
  pass(seconds(3));
  for (const Peer& peer : peers) {
    EXPECT_TRUE(has(peer->received(), "200 OK"));
  }
  EXPECT_GT(metric(series("vllm:request_queue_time_seconds_sum")), 0.5);
}

TEST_F(EngineFixture, PreemptionIsNoMoreThanAStall) {
  EngineOptions options;
  options.scheduling.kv_capacity_tokens = 512;
  start(std::move(options));
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) {
    const std::string own = R"(,"seed":)" + std::to_string(i);
    peers.push_back(
        send(request(kChat, chat(own + R"(,"max_tokens":200,"ignore_eos":true,"stream":true)"))));
  }
  pass(seconds(10));
  EXPECT_GT(metric(series("vllm:num_preemptions_total")), 0);
  for (const Peer& peer : peers) {
    EXPECT_EQ(count(peer->received(), "data:"), 1U + 200U + 1U);
  }
  EXPECT_EQ(metric(series("vllm:kv_cache_usage_perc")), 0);
}

TEST_F(EngineFixture, SlowClientGetsWhatItMissedAtOnce) {
  start();
  const Peer peer =
      send(request(kChat, chat(R"(,"max_tokens":60,"ignore_eos":true,"stream":true)")));
  pass(milliseconds(50));
  peer->stop_taking();
  pass(seconds(1));
  EXPECT_EQ(running(), 0) << "the engine does not wait for a slow reader";
  peer->start_taking();
  pass(milliseconds(5));
  EXPECT_EQ(count(peer->received(), "data:"), 1U + 60U + 1U);
  EXPECT_EQ(count(peer->received(), "[DONE]"), 1U);
}

TEST_F(EngineFixture, RefusesAsVllmDoes) {
  EngineOptions options;
  options.scheduling.max_model_len = 64;
  options.api_key = Secret("k1");
  start(std::move(options));
  const std::string key = "authorization: Bearer k1\r\n";
  struct Row {
    std::string text;
    std::string status;
    std::string words;
  };
  const std::string long_chat =
      R"({"messages":[{"role":"user","content":")" + std::string(3'000, '.') + R"("}]})";
  const std::vector<Row> rows = {
      {request(kChat, chat()), "401", R"({"error":"Unauthorized"})"},
      {request(kChat, chat(), "authorization: Bearer k2\r\n"), "401", "Unauthorized"},
      {get("/v1/models"), "401", "Unauthorized"},
      {get("/health"), "200", ""},
      {request(kChat, chat(R"(,"max_tokens":5)"), key), "200", "chat.completion"},
      {request(kChat, chat(R"(,"model":"none")"), key), "404", R"("code":404)"},
      {request(kChat, long_chat, key), "400", "maximum context length is 64 tokens"},
      {request(kChat, chat(R"(,"max_tokens":60)"), key), "400", "you requested 74 tokens"},
      {request(kChat, "{", key), "400", "JSON decode error"},
      {request("/v1/embeddings", R"({"input":")" + std::string(3'000, '.') + R"("})", key), "400",
       "maximum context length is 64"},
      {get(kChat, key), "405", "Method Not Allowed"},
      {get("/v1/models/none", key), "404", "does not exist"},
      {get("/nowhere", key), "404", "Not Found"},
      {"POST /v1/completions HTTP/1.1\r\nhost: x\r\n" + key +
           "content-type: text/plain\r\ncontent-length: 2\r\n\r\n{}",
       "400", "Unsupported Media Type"},
  };
  for (const Row& row : rows) {
    const std::string answer = talk(row.text, milliseconds(300));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + row.status)) << row.text << answer;
    EXPECT_TRUE(has(answer, row.words)) << row.text << answer;
  }
}

TEST_F(EngineFixture, SmallEndpoints) {
  EngineOptions options;
  options.served_names = {"a/b", "c"};
  options.embedding_dimensions = 2;
  start(std::move(options));
  EXPECT_TRUE(has(talk(get("/v1/models")), R"("id":"c")"));
  EXPECT_TRUE(has(talk(get("/v1/models/a/b")), R"("id":"a/b")"));
  EXPECT_TRUE(has(talk(get("/v1/models/a%2Fb")), R"("id":"a/b")"));
  EXPECT_TRUE(has(talk(get("/version")), R"({"version":")"));
  EXPECT_TRUE(has(talk(get("/load")), R"({"server_load":0})"));
  EXPECT_TRUE(has(talk(get("/ping")), "200 OK"));
  EXPECT_TRUE(has(talk(request("/tokenize", R"({"prompt":"a b"})")), R"("count":2)"));
  EXPECT_TRUE(has(talk(request("/detokenize", R"({"tokens":[]})")), R"({"prompt":""})"));
  EXPECT_TRUE(has(talk(request("/reset_prefix_cache", "")), "200 OK"));
  const std::string embedded =
      talk(request("/v1/embeddings", R"({"input":["a b","c"]})"), milliseconds(100));
  EXPECT_TRUE(has(embedded, R"("index":1,"object":"embedding","embedding":[)")) << embedded;
  EXPECT_TRUE(has(embedded, R"("prompt_tokens":3,"total_tokens":3)")) << embedded;
  const std::string coded = talk(
      request("/v1/embeddings", R"({"input":[5,6],"encoding_format":"base64","dimensions":3})"),
      milliseconds(100));
  EXPECT_TRUE(has(coded, R"("embedding":"AAAA)") || has(coded, R"("embedding":")")) << coded;
  EXPECT_TRUE(has(coded, R"("prompt_tokens":2)")) << coded;
}

TEST_F(EngineFixture, FaultsByHeader) {
  EngineOptions options;
  options.allow_fault_header = true;
  start(std::move(options));
  const auto fault = [](std::string_view what) {
    return "x-penstock-fault: " + std::string(what) + "\r\n";
  };
  const std::string throttled =
      talk(request(kChat, chat(), fault("status=429;retry-after=7")), milliseconds(1));
  EXPECT_TRUE(throttled.starts_with("HTTP/1.1 429")) << throttled;
  EXPECT_TRUE(has(throttled, "retry-after: 7\r\n")) << throttled;
  EXPECT_TRUE(talk(request(kChat, chat(), fault("boom"))).starts_with("HTTP/1.1 400"));

  const Peer cut = send(request(kChat, chat(R"(,"stream":true)"), fault("abort-after=4")));
  pass(seconds(1));
  EXPECT_TRUE(cut->closed());
  EXPECT_EQ(count(cut->received(), "data:"), 1U + 4U) << cut->received();
  EXPECT_FALSE(has(cut->received(), "\r\n0\r\n")) << "no clean end";
  EXPECT_EQ(running(), 0);

  const Peer cut_whole = send(request(kChat, chat(), fault("abort-after=4")));
  pass(seconds(1));
  EXPECT_TRUE(cut_whole->closed());
  EXPECT_FALSE(has(cut_whole->received(), "\r\n0\r\n"));

  const Peer hung = send(request(kChat, chat(), fault("hang")));
  pass(seconds(20));
  EXPECT_EQ(hung->received(), "");
  hung->finish();
  pass(milliseconds(1));
  EXPECT_TRUE(hung->closed());

  const Peer late = send(request(kChat, chat(R"(,"max_tokens":1)"), fault("delay=300ms")));
  pass(milliseconds(290));
  EXPECT_EQ(late->received(), "");
  pass(milliseconds(60));
  EXPECT_TRUE(has(late->received(), "200 OK"));
}

TEST_F(EngineFixture, FaultsForEveryCall) {
  EngineOptions options;
  options.faults.throttle_percent = 100;
  start(std::move(options));
  const std::string answer = talk(request(kChat, chat()));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 429")) << answer;
  EXPECT_TRUE(has(answer, "retry-after: 1\r\n")) << answer;
  EXPECT_TRUE(has(talk(request("/v1/embeddings", R"({"input":"x"})")), "429"));
  EXPECT_TRUE(talk(get("/health")).starts_with("HTTP/1.1 200"));
  const std::string ignored = talk(request(kChat, chat(), "x-penstock-fault: status=500\r\n"));
  EXPECT_TRUE(ignored.starts_with("HTTP/1.1 429")) << "the header must be allowed first";
}

TEST_F(EngineFixture, DrainFinishesWhatRunsAndRefusesWhatComes) {
  start();
  const Peer stream =
      send(request(kChat, chat(R"(,"max_tokens":100,"ignore_eos":true,"stream":true)")));
  const Peer idle = connect();
  pass(milliseconds(50));
  net::spawn(drain(seconds(30)));
  pass(milliseconds(50));
  EXPECT_TRUE(talk(get("/health")).starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(talk(request(kChat, chat())).starts_with("HTTP/1.1 503"));
  EXPECT_FALSE(drained);
  pass(seconds(2));
  EXPECT_TRUE(drained);
  EXPECT_TRUE(stream->received().ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"));
}

TEST_F(EngineFixture, DrainCutsWhatDoesNotEnd) {
  start();
  const Peer stream =
      send(request(kChat, chat(R"(,"max_tokens":100000,"ignore_eos":true,"stream":true)")));
  net::spawn(drain(milliseconds(200)));
  pass(milliseconds(190));
  EXPECT_FALSE(drained);
  pass(milliseconds(100));
  EXPECT_TRUE(drained);
  EXPECT_TRUE(stream->closed());
  EXPECT_FALSE(has(stream->received(), "[DONE]"));
}

TEST_F(EngineFixture, WrongOptionsAreNamed) {
  EngineOptions options;
  options.speedup = 0;
  const auto made =
      EngineServer::create(loop, std::move(options), *sim::perf_preset(sim::kDefaultPerfPreset));
  ASSERT_FALSE(made.has_value());
  EXPECT_TRUE(has(made.error().message(), "--speedup")) << made.error().message();
}

/// The text format 0.0.4: every sample under the TYPE of its family, no series twice, histograms
/// cumulative with +Inf equal to their count.
TEST_F(EngineFixture, MetricsAreValidExposition) {
  start();
  (void)talk(request(kChat, chat(R"(,"max_tokens":30)")), seconds(1));
  (void)talk(request(kChat, chat()), seconds(2));
  const std::string answer = talk(get("/metrics"));
  std::istringstream lines(answer.substr(answer.find("\r\n\r\n") + 4));
  std::map<std::string, std::string> kinds;
  std::set<std::string> seen;
  std::map<std::string, double> last_bucket;
  std::string family;
  std::string kind;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      family = line.substr(7, space - 7);
      kind = line.substr(space + 1);
      EXPECT_TRUE(kinds.emplace(family, kind).second) << "family twice: " << family;
    } else if (!line.starts_with("#")) {
      const std::size_t space = line.rfind(' ');
      const std::string name = line.substr(0, space);
      const double value = std::stod(line.substr(space + 1));
      EXPECT_TRUE(seen.insert(name).second) << "series twice: " << name;
      ASSERT_TRUE(name.starts_with(family)) << name << " under " << family;
      EXPECT_TRUE(std::isfinite(value) && value >= 0) << line;
      if (name.starts_with(family + "_bucket")) {
        EXPECT_GE(value, last_bucket[family]) << line;
        last_bucket[family] = value;
      } else if (name.starts_with(family + "_count") && kind == "histogram") {
        EXPECT_EQ(value, last_bucket[family]) << line;
      }
    }
  }
  for (const char* needed :
       {"vllm:num_requests_running",        "vllm:num_requests_waiting",
        "vllm:kv_cache_usage_perc",         "vllm:prefix_cache_queries_total",
        "vllm:prefix_cache_hits_total",     "vllm:num_preemptions_total",
        "vllm:prompt_tokens_total",         "vllm:generation_tokens_total",
        "vllm:request_success_total",       "vllm:time_to_first_token_seconds",
        "vllm:inter_token_latency_seconds", "vllm:e2e_request_latency_seconds",
        "vllm:request_queue_time_seconds",  "vllm:request_prefill_time_seconds",
        "vllm:request_decode_time_seconds", "vllm:request_inference_time_seconds",
        "vllm:request_prompt_tokens",       "vllm:request_generation_tokens",
        "vllm:iteration_tokens_total",      "vllm:cache_config_info"}) {
    EXPECT_TRUE(kinds.contains(needed)) << needed;
  }
  EXPECT_EQ(kinds["vllm:iteration_tokens_total"], "histogram");
  EXPECT_EQ(ended("length"), 1);
  EXPECT_EQ(ended("stop"), 1);
  EXPECT_EQ(metric(series("vllm:prompt_tokens_total")), 28);
}

}  // namespace
}  // namespace penstock::engine
