#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/memory_stream.h"
#include "tests/unit/net/manual_clock.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Answers by path: what each test needs of a handler.
class Paths final : public Handler {
 public:
  explicit Paths(Loop& loop) : released(loop) {}

  Task<void> handle(Exchange& exchange) override {
    targets.emplace_back(exchange.head().target);
    const std::string path(exchange.head().path());
    if (path == "/echo") {
      co_await echo(exchange);
    } else if (path == "/stream") {
      exchange.set_status(200);
      exchange.add_header("content-type", "text/event-stream");
      co_await exchange.write("one");
      co_await exchange.write("two");
      co_await exchange.finish("three");
    } else if (path == "/hold") {
      OnCancel watch(exchange.disconnected(), [this] {
        ++cancelled;
        released.set();
      });
      co_await released.wait();
      co_await exchange.send("released");
    } else if (path == "/refuse") {
      exchange.set_status(401);
      co_await exchange.send("no");
    } else if (path == "/half") {
      co_await exchange.write("half");
    } else if (path == "/throw") {
      throw std::runtime_error("handler bug");
    } else if (path != "/nothing") {
      co_await exchange.send(path);
    }
  }

  Task<void> echo(Exchange& exchange) {
    const auto body = co_await exchange.read_body();
    if (!body) {
      bodies.push_back("error " + std::string(info(body.error().code()).name));
      exchange.set_status(info(body.error().code()).http_status);
      co_await exchange.send(body.error().message());
      co_return;
    }
    bodies.emplace_back(*body);
    co_await exchange.send(*body);
  }

  std::vector<std::string> targets;
  std::vector<std::string> bodies;
  int cancelled = 0;
  Event released;
};

class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    server.emplace(loop, handler, std::move(options));
    connect();
  }
  void connect() {
    auto pair = MemoryStream::make(loop);
    peer = pair.peer;
    server->serve(std::move(pair.stream), "192.0.2.1");
    loop.poll();
  }
  /// Sends and returns what came back.
  std::string talk(std::string_view text) {
    peer->send(text);
    loop.poll();
    return peer->take_received();
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    loop.fire_timers();
    loop.poll();
  }
  void TearDown() override {
    if (server) {
      bool drained = false;
      spawn(drain(drained));
      for (int i = 0; i < 10 && !drained; ++i) {
        pass(milliseconds(1));
      }
      ASSERT_TRUE(drained);
    }
  }
  Task<void> drain(bool& drained) {
    co_await server->drain(milliseconds(1));
    drained = true;
  }

  ManualClock clock;
  Loop loop{clock};
  Paths handler{loop};
  std::optional<HttpServer> server;
  std::shared_ptr<MemoryPeer> peer;
};

bool starts(const std::string& text, std::string_view with) {
  return text.starts_with(with);
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  const std::string first = talk("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(starts(first, "HTTP/1.1 200 OK\r\n")) << first;
  EXPECT_TRUE(has(first, "content-length: 2\r\n")) << first;
  EXPECT_TRUE(first.ends_with("\r\n\r\n/a")) << first;
  EXPECT_TRUE(has(first, "\r\ndate: ")) << first;
  EXPECT_EQ(peer->writes(), 1U);
  EXPECT_TRUE(talk("GET /b HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("/b"));
  EXPECT_FALSE(peer->closed());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  const std::string all = talk(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\ncontent-length: "
      "3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::size_t one = all.find("/1");
  const std::size_t two = all.find("\r\n\r\nabc");
  const std::size_t three = all.find("/3");
  ASSERT_NE(three, std::string::npos) << all;
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
}

TEST_F(ServerTest, SurvivesEverySplitOfARequest) {
  start();
  const std::string request =
      "\r\nPOST /echo?q HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world"
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;e=1\r\n "
      "world\r\n0\r\nT: "
      "1\r\n\r\n";
  for (std::size_t split = 1; split < request.size(); ++split) {
    handler.bodies.clear();
    peer->send(std::string_view(request).substr(0, split));
    loop.poll();
    peer->send(std::string_view(request).substr(split));
    loop.poll();
    ASSERT_EQ(handler.bodies, (std::vector<std::string>{"hello world", "hello world"})) << split;
  }
  handler.bodies.clear();
  peer->send_bytewise(request);
  loop.poll();
  EXPECT_EQ(handler.bodies, (std::vector<std::string>{"hello world", "hello world"}));
}

TEST_F(ServerTest, StreamsChunksWithTheHeadInTheFirstWrite) {
  start();
  const std::string all = talk("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(has(all, "transfer-encoding: chunked\r\n")) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n")) << all;
  EXPECT_EQ(peer->writes(), 3U);
}

TEST_F(ServerTest, StreamsToHttp10WithoutChunksAndCloses) {
  start();
  const std::string all = talk("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(has(all, "chunked"));
  EXPECT_TRUE(all.ends_with("\r\n\r\nonetwothree")) << all;
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, KeepsHttp10OnRequest) {
  start();
  EXPECT_TRUE(
      has(talk("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "connection: keep-alive"));
  EXPECT_TRUE(talk("GET /b HTTP/1.0\r\n\r\n").ends_with("/b"));
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, HeadGetsTheHeadOnly) {
  start();
  const std::string fixed = talk("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(has(fixed, "content-length: 4\r\n")) << fixed;
  EXPECT_TRUE(fixed.ends_with("\r\n\r\n")) << fixed;
  EXPECT_TRUE(talk("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n"));
  EXPECT_TRUE(talk("GET /b HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("/b"));
}

TEST_F(ServerTest, LimitsBodiesWithAndWithoutLength) {
  start({.max_body_bytes = 10});
  const std::string fits =
      talk("POST /echo HTTP/1.1\r\nHost: x\r\ncontent-length: 10\r\n\r\n0123456789");
  EXPECT_TRUE(starts(fits, "HTTP/1.1 200"));
  const std::string known =
      talk("POST /echo HTTP/1.1\r\nHost: x\r\ncontent-length: 11\r\n\r\n01234567890");
  EXPECT_TRUE(starts(known, "HTTP/1.1 413 ")) << known;
  connect();
  const std::string chunked = talk(
      "POST /echo HTTP/1.1\r\nHost: x\r\ntransfer-encoding: "
      "chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n");
  EXPECT_TRUE(starts(chunked, "HTTP/1.1 413 ")) << chunked;
  EXPECT_TRUE(has(chunked, "connection: close"));
  EXPECT_TRUE(peer->write_ended());
  peer->finish();
  loop.poll();
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, RefusesAHugeLengthWithoutReadingIt) {
  start({.max_body_bytes = 1000});
  const std::string answer =
      talk("POST /echo HTTP/1.1\r\nHost: x\r\ncontent-length: 1000000000000\r\n\r\nab");
  EXPECT_TRUE(starts(answer, "HTTP/1.1 413 ")) << answer;
  EXPECT_TRUE(has(answer, "connection: close"));
  pass(seconds(3));  // lingering is bounded
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, ReadsLongBodies) {
  start();
  const std::string body(300'000, 'b');
  peer->send("POST /echo HTTP/1.1\r\nHost: x\r\ncontent-length: 300000\r\n\r\nbbb");
  peer->send(std::string_view(body).substr(3));
  peer->send("GET /after HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  ASSERT_EQ(handler.bodies.size(), 1U);
  EXPECT_EQ(handler.bodies[0], body);
  EXPECT_TRUE(peer->received().ends_with("/after"));
}

TEST_F(ServerTest, ContinuesOnlyWhenTheBodyIsWanted) {
  start();
  const std::string wanted =
      talk("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(wanted, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(talk("hi").ends_with("hi"));
  const std::string refused =
      talk("POST /refuse HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(starts(refused, "HTTP/1.1 401 ")) << refused;
  EXPECT_TRUE(has(refused, "connection: close"));
}

TEST_F(ServerTest, KeepsTheConnectionAfterRefusingASmallBody) {
  start();
  EXPECT_TRUE(starts(talk("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab"),
                     "HTTP/1.1 401 "));
  EXPECT_TRUE(talk("cdGET /next HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("/next"));
  EXPECT_TRUE(starts(talk("POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                          "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /last "
                          "HTTP/1.1\r\nHost: x\r\n\r\n"),
                     "HTTP/1.1 401 "));
  EXPECT_EQ(handler.targets.back(), "/last");
}

TEST_F(ServerTest, TellsTheHandlerThatTheClientHasGone) {
  start();
  peer->send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  EXPECT_EQ(handler.cancelled, 0);
  peer->finish();
  loop.poll();
  EXPECT_EQ(handler.cancelled, 1);
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, TellsOfAResetToo) {
  start();
  peer->send("POST /hold HTTP/1.1\r\nHost: x\r\ncontent-length: 2\r\n\r\n{}");
  loop.poll();
  peer->reset();
  loop.poll();
  EXPECT_EQ(handler.cancelled, 1);
}

TEST_F(ServerTest, KeepsPipelinedBytesWhileAHandlerWorks) {
  start();
  peer->send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  peer->send("GET /after HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  EXPECT_EQ(handler.cancelled, 0);
  handler.released.set();
  loop.poll();
  const std::string all = peer->received();
  EXPECT_LT(all.find("released"), all.find("/after")) << all;
}

TEST_F(ServerTest, ReadsNoMoreThanItsBufferWhileAHandlerWorks) {
  start();
  peer->send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  peer->send("GET /" + std::string(30'000, 'p') + " HTTP/1.1\r\nHost: x\r\n\r\n");
  peer->finish();
  loop.poll();
  EXPECT_EQ(handler.cancelled,
            0);  // full of pipelined bytes: the end is not seen, memory is bounded
  handler.released.set();
  loop.poll();
  EXPECT_EQ(handler.targets.size(), 2U);
}

TEST_F(ServerTest, AHandlerThatFailsGives500) {
  start();
  EXPECT_TRUE(starts(talk("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 500 "));
  connect();
  EXPECT_TRUE(starts(talk("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 500 "));
  connect();
  const std::string half = talk("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(half.ends_with("half\r\n"))
      << half;  // no last chunk: the client knows that it is cut
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, ClosesIdleConnections) {
  start({.header_timeout = seconds(5), .idle_timeout = seconds(30)});
  talk("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  pass(seconds(29));
  EXPECT_FALSE(peer->closed());
  pass(seconds(2));
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, AnswersASlowHeadWith408) {
  start({.header_timeout = seconds(5)});
  peer->send("GET /a HT");
  loop.poll();
  pass(seconds(3));
  peer->send("T");
  loop.poll();
  pass(seconds(3));  // trickling does not buy time
  EXPECT_TRUE(starts(peer->received(), "HTTP/1.1 408 ")) << peer->received();
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, AnswersAStalledBodyWith408) {
  start({.body_timeout = seconds(5)});
  talk("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  pass(seconds(6));
  EXPECT_TRUE(starts(peer->received(), "HTTP/1.1 408 ")) << peer->received();
  EXPECT_EQ(handler.bodies, std::vector<std::string>{"error timeout"});
}

TEST_F(ServerTest, CutsAClientThatDoesNotRead) {
  start({.write_timeout = seconds(5)});
  peer->stop_taking();
  peer->send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  EXPECT_FALSE(peer->closed());
  pass(seconds(6));
  EXPECT_TRUE(peer->closed());
}

TEST_F(ServerTest, WritesOnWhenASlowClientReadsAgain) {
  start();
  peer->stop_taking();
  peer->send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  EXPECT_EQ(peer->writes(), 1U);  // back-pressure: the second piece waits for the first
  peer->start_taking();
  loop.poll();
  EXPECT_TRUE(peer->received().ends_with("0\r\n\r\n"));
}

TEST_F(ServerTest, DrainsWithoutBreakingWhatRuns) {
  start();
  const auto busy = peer;
  busy->send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  connect();
  const auto idle = peer;
  bool drained = false;
  const auto wait = [](HttpServer& target, bool& flag) -> Task<void> {
    co_await target.drain(seconds(100));
    flag = true;
  };
  spawn(wait(*server, drained));
  loop.poll();
  EXPECT_TRUE(idle->closed());
  EXPECT_FALSE(busy->closed());
  EXPECT_FALSE(drained);
  handler.released.set();
  loop.poll();
  pass(milliseconds(2));
  EXPECT_TRUE(has(busy->received(), "connection: close\r\n")) << busy->received();
  EXPECT_TRUE(has(busy->received(), "released"));
  EXPECT_TRUE(drained);
  server.reset();
}

TEST_F(ServerTest, DrainCutsWhatDoesNotEndInTime) {
  start();
  peer->send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  loop.poll();
  bool drained = false;
  spawn(drain(drained));
  pass(seconds(2));
  pass(milliseconds(2));
  EXPECT_TRUE(peer->closed());
  EXPECT_EQ(handler.cancelled, 1);
  EXPECT_TRUE(drained);
  server.reset();
}

struct Refusal {
  const char* name;
  std::string request;
  int status;
};

TEST_F(ServerTest, RefusesWhatCouldSmuggleARequest) {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  const std::vector<Refusal> table = {
      {"CL and TE", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"TE and CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400},
      {"two CL", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
      {"CL list", post + "Content-Length: 4, 5\r\n\r\nabcde", 400},
      {"same CL twice", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"CL sign", post + "Content-Length: +4\r\n\r\nabcd", 400},
      {"CL negative", post + "Content-Length: -4\r\n\r\nabcd", 400},
      {"CL hex", post + "Content-Length: 0x4\r\n\r\nabcd", 400},
      {"CL empty", post + "Content-Length:\r\n\r\nabcd", 400},
      {"CL overflow", post + "Content-Length: 99999999999999999999\r\n\r\nabcd", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
      {"bare LF in a header", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
      {"bare CR", "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400},
      {"obs-fold", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
      {"space before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
      {"space before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"space in TE's name", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {"TE gzip", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"TE xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"TE twice",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"TE in 1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b" + std::string(1, '\0') + "c\r\n\r\n",
       400},
      {"no colon", "GET / HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n", 400},
      {"empty name", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 505},
      {"version", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"no version", "GET /\r\nHost: x\r\n\r\n", 400},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\n", 7), 400},
      {"bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {"chunk size sign", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {"chunk size 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n", 400},
      {"chunk size space", post + "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n", 400},
      {"chunk size overflow", post + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
       400},
      {"chunk bare LF", post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n", 400},
      {"chunk too long", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n", 400},
      {"chunk ends in LF", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", 400},
  };
  start();
  for (const Refusal& row : table) {
    connect();
    const std::string answer = talk(row.request);
    EXPECT_TRUE(starts(answer, "HTTP/1.1 " + std::to_string(row.status)))
        << row.name << ": " << answer;
    EXPECT_TRUE(has(answer, "connection: close")) << row.name;
    EXPECT_TRUE(peer->write_ended()) << row.name;
    peer->finish();
    loop.poll();
    EXPECT_TRUE(peer->closed()) << row.name;
  }
}

TEST_F(ServerTest, LimitsHeads) {
  start({.max_header_bytes = 1000});
  EXPECT_TRUE(
      starts(talk("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a')), "HTTP/1.1 431 "));
  connect();
  EXPECT_TRUE(starts(talk("GET /" + std::string(2000, 'a')), "HTTP/1.1 431 "));
  connect();
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 200; ++i) {
    many += "a:b\r\n";
  }
  EXPECT_TRUE(starts(talk(many + "\r\n"), "HTTP/1.1 431 "));
}

}  // namespace
}  // namespace penstock::net
