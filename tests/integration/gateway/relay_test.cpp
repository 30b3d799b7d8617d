// A call's answer passes as the upstream gave it: whole, in pieces, and as a stream cut anywhere.

#include <future>

#include <zlib.h>

#include "tests/integration/gateway/fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Script;
using testing::Upstream;

class Relay : public GatewayTest {
 protected:
  void serve(Script script) {
    serve_with([script](const auto&) { return script; });
  }
  void serve_with(Upstream::Handler handler) {
    upstream_ = std::make_unique<Upstream>(std::move(handler));
    add_deployment("default/one", "m1", upstream_->port());
    add_route("default/r", {{"default/one"}});
    start();
  }
  static std::string joined(const std::vector<std::string>& events) {
    std::string out;
    for (const std::string& event : events) {
      out += event;
    }
    return out;
  }

  std::unique_ptr<Upstream> upstream_;
};

TEST_F(Relay, WholeAnswerByteForByte) {
  const std::string answer =
      R"({"id":"x", "big":12345678901234567890.12345678901234567890,"unknown":{"é":"\ud83d\ude00"},)"
      R"("usage":{"prompt_tokens":7,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3},)"
      R"("completion_tokens_details":{"reasoning_tokens":2}}})";
  serve(testing::json_script(200, answer));
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, answer);
  EXPECT_EQ(got.header("content-type"), "application/json");
  EXPECT_FALSE(got.header("x-request-id").empty());
  const SeenRecord record = records_.nth(1);
  EXPECT_EQ(record.usage.input, 7);
  EXPECT_EQ(record.usage.output, 5);
  EXPECT_EQ(record.usage.cached, 3);
  EXPECT_EQ(record.usage.reasoning, 2);
  EXPECT_FALSE(record.estimated);
  EXPECT_EQ(record.consumer, "default/alice");
  EXPECT_EQ(record.deployment, "default/one");
  EXPECT_EQ(record.route, "default/r");
}

TEST_F(Relay, ClientsBodyReachesTheUpstreamByteForByte) {
  serve(testing::json_script(200, testing::chat_answer("hi")));
  const std::string body =
      "{ \"seed\" : 9007199254740993 ,\n\t\"model\":\"m1\", \"x_unknown\":[1.10,-0,1e400], "
      "\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9 \xf0\x9f\x98\x80\"}] }";
  EXPECT_EQ(post(kChat, body).status, 200);
  EXPECT_EQ(upstream_->seen().at(0).body, body);
}

TEST_F(Relay, LargeChunkedAnswerPassesInPieces) {
  Script script = testing::json_script(200, "");
  script.chunked = true;
  script.pieces = {R"({"object":"list","data":[{"embedding":")"};
  std::string want = script.pieces[0];
  for (int i = 0; i < 64; ++i) {
    script.pieces.emplace_back(40'000, static_cast<char>('a' + i % 26));
    want += script.pieces.back();
  }
  script.pieces.emplace_back(R"("}],"usage":{"prompt_tokens":8,"total_tokens":8}})");
  want += script.pieces.back();
  serve(script);
  const auto got =
      post("/v1/embeddings", R"({"model":"m1","input":"x","encoding_format":"base64"})");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.body, want);
  const SeenRecord record = records_.nth(1);
  EXPECT_EQ(record.operation, "embeddings");
  EXPECT_EQ(record.usage.input, 8);
  EXPECT_EQ(record.usage.output, 0);
}

TEST_F(Relay, UsageChunkThatOnlyWeAskedForIsHidden) {
  serve(testing::stream_script({}));
  const auto got = chat("m1", true);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(got.body, joined(testing::stream_events({.usage = false})));
  EXPECT_NE(upstream_->seen().at(0).body.find(R"("stream_options":{"include_usage":true})"),
            std::string::npos);
  const SeenRecord record = records_.nth(1);
  EXPECT_EQ(record.usage.input, 11);
  EXPECT_EQ(record.usage.output, 3);
  EXPECT_EQ(record.usage.cached, 4);
  EXPECT_TRUE(record.stream);
}

TEST_F(Relay, UsageChunkThatTheClientAskedForPassesOnce) {
  serve(testing::stream_script({}));
  const std::string body =
      R"({"model":"m1","stream":true,"stream_options":{"include_usage":true},"messages":[]})";
  const auto got = post(kChat, body);
  EXPECT_EQ(got.body, joined(testing::stream_events({})));
  EXPECT_EQ(upstream_->seen().at(0).body, body) << "nothing to change";
}

TEST_F(Relay, EveryWriteSizeGivesTheSameEvents) {
  const testing::StreamShape shape{.tokens = 2, .token = "\xf0\x9f\x98\x80"};
  std::atomic<std::size_t> write_size{1};
  serve_with([&](const auto&) {
    Script script = testing::stream_script(shape);
    script.write_size = write_size;
    return script;
  });
  testing::StreamShape shown = shape;
  shown.usage = false;
  const std::string want = joined(testing::stream_events(shown));
  for (const std::size_t size : {1U, 2U, 3U, 5U, 7U, 11U, 64U, 200U, 1'000U}) {
    write_size = size;
    EXPECT_EQ(chat("m1", true).body, want) << size;
  }
}

TEST_F(Relay, EachEventIsForwardedBeforeTheNextOneComes) {
  std::vector<std::promise<void>> seen(5);
  Script script = testing::stream_script({.tokens = 3, .usage = false});
  script.before = [&seen](std::size_t i) {
    if (i > 0 && i < seen.size()) {
      seen[i - 1].get_future().wait();  // the client has read event i-1
    }
  };
  serve(script);
  testing::RawHttp client(port());
  client.send(chat_request("m1", true));
  std::string so_far;
  for (std::size_t i = 0; i < 4; ++i) {
    so_far += script.pieces[i];
    ASSERT_TRUE(client.read_until(so_far, 2s)) << "event " << i << " did not come through";
    seen[i].set_value();
  }
  EXPECT_EQ(client.read().body, joined(script.pieces));
}

TEST_F(Relay, OddButLegalEventsPassAsTheyCame) {
  const std::vector<std::string> events = {
      ": ping\n\n",
      "data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"no space\"}}]}\r\n\r\n",
      "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"two lines\"}}]}\n\n",
      "event: x\nid: 7\ndata: "
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
      "data: {broken json\n\n",
      "data: [DONE]\n\n"};
  Script script = testing::stream_script({});
  script.pieces = events;
  serve(script);
  EXPECT_EQ(chat("m1", true).body, joined(events));
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(Relay, CompressedStreamIsReadAndReachesTheClientPlain) {
  const std::string zipped = gzipped(joined(testing::stream_events({.tokens = 5'000})));
  std::atomic<std::size_t> cut{1};
  serve_with([&](const auto&) {
    Script script = testing::stream_script({});
    script.headers.emplace_back("Content-Encoding", "gzip");
    script.pieces.clear();
    for (std::size_t at = 0; at < zipped.size(); at += cut) {
      script.pieces.push_back(zipped.substr(at, cut));
    }
    return script;
  });
  const std::string want = joined(testing::stream_events({.tokens = 5'000, .usage = false}));
  for (const std::size_t size : {97U, 1'000U, 100'000U}) {
    cut = size;
    const auto got = chat("m1", true);
    EXPECT_EQ(got.headers.count("content-encoding"), 0U);
    EXPECT_EQ(got.body, want) << size;
  }
  EXPECT_EQ(records_.nth(1).usage.output, 5'000);
  EXPECT_FALSE(records_.nth(1).estimated);
}

TEST_F(Relay, BrokenCompressionIsAnHonestError) {
  Script script = testing::stream_script({});
  script.headers.emplace_back("Content-Encoding", "gzip");
  serve(script);
  const auto got = chat("m1", true);
  EXPECT_EQ(got.status, 502);
}

TEST_F(Relay, LastEventWithoutBlankLineIsCompleted) {
  Script script = testing::stream_script({.usage = false});
  script.pieces.back() = "data: [DONE]";
  serve(script);
  const auto got = chat("m1", true);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.body, joined(testing::stream_events({.usage = false})));
}

TEST_F(Relay, ChoicesToolCallsAndLogprobsKeepOrderAndContent) {
  Script script = testing::stream_script({});
  script.pieces = {
      R"(data: {"choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}}]})"
      "\n\n",
      R"(data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"},"logprobs":{"content":[{"token":"a","bytes":[97]}]}}]})"
      "\n\n",
      R"(data: {"choices":[{"index":0,"delta":{"refusal":"no"},"finish_reason":"stop"}]})"
      "\n\n",
      R"(data: {"choices":[{"index":1,"delta":{},"finish_reason":"tool_calls"}]})"
      "\n\n",
      "data: [DONE]\n\n"};
  serve(script);
  EXPECT_EQ(post(kChat, R"({"model":"m1","n":2,"stream":true,"messages":[]})").body,
            joined(script.pieces));
}

TEST_F(Relay, KeepAliveServesTheNextCallAfterErrorsOfBothSides) {
  std::atomic<int> calls{0};
  serve_with([&](const auto&) {
    return ++calls == 1 ? testing::json_script(500, R"({"error":{"message":"boom"}})")
                        : testing::json_script(200, testing::chat_answer("ok"));
  });
  testing::RawHttp client(port());
  client.send(chat_request("m1"));
  EXPECT_EQ(client.read().status, 500);
  client.send(testing::request_text("POST", kChat, headers(), "{not json"));
  EXPECT_EQ(client.read().status, 400);
  client.send(chat_request("m1") + chat_request("unknown"));
  EXPECT_EQ(client.read().status, 200) << "pipelined: first";
  EXPECT_EQ(client.read().status, 404) << "pipelined: second";
}

}  // namespace
}  // namespace penstock::gateway
