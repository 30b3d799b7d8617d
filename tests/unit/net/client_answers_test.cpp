// What the client makes of answers, good and bad, byte by byte.

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "tests/unit/net/raw_upstream.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Then = Script::Then;

struct Answer {
  bool done = false;
  std::optional<CallError> error;
  int status = 0;
  std::string body;
  bool reused = false;
  std::string content_type;
};

struct Request {
  std::string head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
  std::string body;
  bool is_head = false;
};

Task<void> ask(ClientPool& pool, Origin& origin, const Request& request, Answer& out) {
  {
    ClientCall call(pool, origin);
    call.set_timeout(seconds(20));
    const auto sent = co_await call.send(request.head, request.body, request.is_head);
    out.reused = call.reused();
    if (!sent) {
      out.error = sent.error();
      out.done = true;
      co_return;
    }
    const auto head = co_await call.read_head();
    if (!head) {
      out.error = head.error();
      out.done = true;
      co_return;
    }
    out.status = (*head)->status;
    out.content_type = (*head)->headers.get(Known::kContentType);
    for (;;) {
      const auto piece = co_await call.read_body();
      if (!piece) {
        out.error = piece.error();
        break;
      }
      if (piece->empty()) {
        break;
      }
      out.body += *piece;
    }
  }
  out.done = true;
}

class ClientAnswersTest : public testing::Test {
 protected:
  Answer get(Request request = {}) {
    Answer out;
    spawn(ask(pool, pool.origin({.host = "127.0.0.1", .port = upstream.port()}), request, out));
    loop.run_until([&] { return out.done; });
    return out;
  }
  Answer get(Script script) {
    upstream.scripts.push_back(std::move(script));
    return get();
  }
  static Task<void> close_idle(ClientPool& target, bool& done) {
    co_await target.close_idle();
    done = true;
  }
  void TearDown() override {
    bool done = false;
    spawn(close_idle(pool, done));
    loop.run_until([&] { return done && upstream.open == 0; });
  }

  Loop loop;
  RawUpstream upstream{loop};
  ClientPool pool{loop, {.max_head_bytes = 2048}};
};

const std::string kChunked =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/plain\r\n\r\n";

TEST_F(ClientAnswersTest, ReadsAnAnswerThatArrivesByteByByte) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: "
      "text/plain\r\ntransfer-encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nt: v\r\n\r\n";
  Script script;
  for (const char c : text) {
    script.pieces.emplace_back(1, c);
  }
  const Answer answer = get(script);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain");
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(pool.idle(), 1U);
}

TEST_F(ClientAnswersTest, SkipsEarlyHints) {
  EXPECT_EQ(
      get({.pieces =
               {"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"}})
          .status,
      204);
  EXPECT_TRUE(get({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"}}).reused);
}

TEST_F(ClientAnswersTest, ReadsUntilClose) {
  const Answer answer =
      get({.pieces = {"HTTP/1.1 200 OK\r\n\r\nuntil ", "the end"}, .then = Then::kClose});
  EXPECT_EQ(answer.body, "until the end");
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(pool.idle(), 0U);
}

TEST_F(ClientAnswersTest, HeadHasNoBody) {
  upstream.scripts.push_back({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"}});
  const Answer answer =
      get(Request{.head = "HEAD / HTTP/1.1\r\nhost: x\r\n\r\n", .body = {}, .is_head = true});
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(pool.idle(), 1U);
}

TEST_F(ClientAnswersTest, TruncationIsNotAnEnd) {
  for (const std::string& text : {std::string("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
                                  kChunked + "5\r\nhello\r\n", kChunked + "5\r\nhel",
                                  std::string("HTTP/1.1 200 OK\r\ncontent-le")}) {
    for (const Then then : {Then::kClose, Then::kReset}) {
      const Answer answer = get({.pieces = {text}, .then = then});
      ASSERT_TRUE(answer.error.has_value()) << text;
      EXPECT_EQ(answer.error->fault, CallFault::kReset) << text;
    }
  }
  EXPECT_EQ(pool.idle(), 0U);
}

TEST_F(ClientAnswersTest, RefusesAnswersThatAreNoHttp) {
  for (const std::string& text :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), std::string("HTTP/1.1 200 OK\n\n"),
        std::string("HTTP/3 200 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"),
        std::string("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
        kChunked + "zz\r\n"}) {
    const Answer answer = get({.pieces = {text}});
    ASSERT_TRUE(answer.error.has_value()) << text;
    EXPECT_EQ(answer.error->fault, CallFault::kProtocol) << text;
  }
}

TEST_F(ClientAnswersTest, BoundsHeads) {
  const Answer answer = get({.pieces = {"HTTP/1.1 200 OK\r\nx: " + std::string(5000, 'x')}});
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->fault, CallFault::kTooLarge);
}

TEST_F(ClientAnswersTest, CallsAReusedConnectionThatDiesSilentlyStale) {
  EXPECT_EQ(get({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"}}).status, 200);
  for (const Then then : {Then::kClose, Then::kReset}) {
    const Answer answer = get({.pieces = {}, .then = then});  // accepts the request, says nothing
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_TRUE(answer.reused);
    EXPECT_EQ(answer.error->fault, CallFault::kStale);
    get({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"}});
  }
  EXPECT_EQ(pool.stats().stale, 2U);
}

TEST_F(ClientAnswersTest, CallsANewConnectionThatDiesSilentlyReset) {
  const Answer answer = get({.pieces = {}, .then = Then::kClose});
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->fault, CallFault::kReset);
}

TEST_F(ClientAnswersTest, DoesNotReuseAConnectionThatSaidTooMuch) {
  EXPECT_EQ(
      get({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"}}).status,
      200);
  EXPECT_EQ(pool.idle(), 0U);
  EXPECT_EQ(get({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "surprise"}}).status,
            200);
  loop.run_until([&] { return pool.idle() == 0; });
  const Answer next = get({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext"}});
  EXPECT_EQ(next.body, "next");
}

TEST_F(ClientAnswersTest, HonoursConnectionClose) {
  const Answer answer =
      get({.pieces = {"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"}});
  EXPECT_EQ(answer.body, "ok");
  EXPECT_EQ(pool.idle(), 0U);
}

TEST_F(ClientAnswersTest, HearsARefusalWhileItIsStillSending) {
  upstream.scripts.push_back(
      {.pieces = {
           "HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig"}});
  const std::string body(1'000'000, 'b');
  const Answer answer =
      get(Request{.head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n",
                  .body = body,
                  .is_head = false});
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "big");
}

TEST_F(ClientAnswersTest, KeepsAHundredIdleConnectionsApart) {
  constexpr int kCalls = 100;
  std::vector<Answer> answers(kCalls);
  const Request request;
  for (Answer& answer : answers) {
    upstream.scripts.push_back({.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", "ok"}});
    spawn(ask(pool, pool.origin({.host = "127.0.0.1", .port = upstream.port()}), request, answer));
  }
  loop.run_until([&] {
    return std::all_of(answers.begin(), answers.end(),
                       [](const Answer& answer) { return answer.done; });
  });
  for (const Answer& answer : answers) {
    EXPECT_EQ(answer.body, "ok");
  }
  EXPECT_EQ(pool.idle(), 100U);
}

}  // namespace
}  // namespace penstock::net
