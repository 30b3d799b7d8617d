#include <array>
#include <functional>
#include <list>

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/http_writer.h"
#include "net/tls.h"
#include "tests/unit/net/certificates.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Answer {
  bool done = false;
  std::optional<CallError> error;
  int status = 0;
  std::string body;
  int pieces = 0;
  bool reused = false;
};

/// Answers by path: what each test needs of an upstream.
class Scripted final : public Handler {
 public:
  Task<void> handle(Exchange& exchange) override {
    ++requests;
    const std::string path(exchange.head().path());
    if (path == "/slow") {
      OnCancel watch(exchange.disconnected(), [this] { ++cancelled; });
      co_await exchange.write("first");
      co_await exchange.loop().sleep(seconds(30));
      co_return;
    }
    if (path == "/never") {
      Event gone(exchange.loop());
      OnCancel watch(exchange.disconnected(), [this, &gone] {
        ++cancelled;
        gone.set();
      });
      co_await gone.wait();
      co_return;
    }
    if (path == "/close") {
      exchange.close_after();
    }
    if (path == "/big") {
      const std::string big(2'000'000, 'z');
      co_await exchange.send(big);
      co_return;
    }
    if (path == "/stream") {
      for (int i = 0; i < 5; ++i) {
        co_await exchange.write("piece;");
      }
      co_await exchange.finish();
      co_return;
    }
    if (path == "/echo") {
      const auto body = co_await exchange.read_body();
      co_await exchange.send(*body);
      co_return;
    }
    co_await exchange.send("hello");
  }
  int requests = 0;
  int cancelled = 0;
};

class ClientTest : public testing::Test {
 protected:
  void serve(ServerOptions options = {}) {
    auto socket = ListenSocket::open("127.0.0.1", 0);
    ASSERT_TRUE(socket.has_value());
    port = socket->port();
    server.emplace(loop, handler, std::move(options));
    server->listen(std::move(*socket));
  }
  Origin& origin(bool tls = false, std::string host = "127.0.0.1") {
    return pool->origin(
        {.host = std::move(host), .port = port, .tls = tls, .sni = tls ? "localhost" : ""});
  }
  void run(const std::function<bool()>& until) { loop.run_until(until); }

  Answer get(std::string target, milliseconds timeout = seconds(20)) {
    Answer out;
    spawn(fetch_target(std::move(target), timeout, out));
    run([&] { return out.done; });
    return out;
  }
  Task<void> fetch_target(std::string target, milliseconds timeout, Answer& out) {
    ClientCall call(*pool, *upstream);
    call.set_timeout(timeout);
    const std::string head = "GET " + target + " HTTP/1.1\r\nhost: x\r\n\r\n";
    const auto sent = co_await call.send(head, {});
    out.reused = call.reused();
    if (!sent) {
      out.error = sent.error();
      out.done = true;
      co_return;
    }
    const auto answer = co_await call.read_head();
    if (!answer) {
      out.error = answer.error();
      out.done = true;
      co_return;
    }
    out.status = (*answer)->status;
    const auto body = co_await call.read_all(10'000'000);
    if (!body) {
      out.error = body.error();
    } else {
      out.body = *body;
    }
    out.done = true;
  }
  Task<void> close_all(bool& done) {
    co_await pool->close_idle();
    if (server) {
      co_await server->drain(milliseconds(1));
    }
    done = true;
  }
  void SetUp() override { pool.emplace(loop); }
  void TearDown() override {
    bool done = false;
    spawn(close_all(done));
    run([&] { return done; });
  }

  Loop loop;
  Scripted handler;
  std::optional<HttpServer> server;
  std::optional<ClientPool> pool;
  Origin* upstream = nullptr;
  std::uint16_t port = 0;
};

TEST_F(ClientTest, ReusesConnections) {
  serve();
  upstream = &origin();
  const Answer first = get("/a");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "hello");
  EXPECT_FALSE(first.reused);
  const Answer second = get("/stream");
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.body, "piece;piece;piece;piece;piece;");
  EXPECT_EQ(pool->stats().connects, 1U);
  EXPECT_EQ(pool->idle(), 1U);
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(ClientTest, DoesNotReuseWhatTheUpstreamCloses) {
  serve();
  upstream = &origin();
  EXPECT_EQ(get("/close").status, 200);
  EXPECT_EQ(pool->idle(), 0U);
  EXPECT_FALSE(get("/a").reused);
}

TEST_F(ClientTest, DropsAnIdleConnectionThatTheUpstreamCloses) {
  serve({.idle_timeout = milliseconds(20)});
  upstream = &origin();
  EXPECT_EQ(get("/a").status, 200);
  EXPECT_EQ(pool->idle(), 1U);
  run([&] { return pool->idle() == 0; });
  EXPECT_FALSE(get("/a").reused);
}

TEST_F(ClientTest, ReadsLargeBodies) {
  serve();
  upstream = &origin();
  const Answer big = get("/big");
  EXPECT_EQ(big.body.size(), 2'000'000U);
  EXPECT_TRUE(get("/a").reused);
}

TEST_F(ClientTest, SaysThatNobodyListens) {
  auto socket = ListenSocket::open("127.0.0.1", 0);
  port = socket->port();
  {
    const ListenSocket closed = std::move(*socket);
  }
  upstream = &origin();
  const Answer answer = get("/a");
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->fault, CallFault::kConnect);
  EXPECT_NE(answer.error->detail.find("127.0.0.1"), std::string::npos);
}

TEST_F(ClientTest, SaysThatANameDoesNotResolve) {
  upstream = &origin(false, "no-such-host.invalid");
  const Answer answer = get("/a");
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->fault, CallFault::kDns);
}

TEST_F(ClientTest, ResolvesNames) {
  serve();
  upstream = &origin(false, "localhost");
  EXPECT_EQ(get("/a").status, 200);
}

TEST_F(ClientTest, TimesOutAndTellsTheUpstream) {
  serve();
  upstream = &origin();
  const Answer answer = get("/never", milliseconds(20));
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->fault, CallFault::kTimeout);
  run([&] { return handler.cancelled == 1; });
}

Task<void> hold(ClientPool& pool, Origin& upstream, ClientCall*& out,
                std::optional<CallError>& error) {
  ClientCall call(pool, upstream);
  out = &call;
  const std::string head = "GET /never HTTP/1.1\r\nhost: x\r\n\r\n";
  const auto sent = co_await call.send(head, {});
  EXPECT_TRUE(sent.has_value());
  const auto answer = co_await call.read_head();
  error = answer.error();
}

TEST_F(ClientTest, AbortClosesAtOnce) {
  serve();
  upstream = &origin();
  ClientCall* call = nullptr;
  std::optional<CallError> error;
  spawn(hold(*pool, *upstream, call, error));
  run([&] { return handler.requests == 1; });
  call->abort();
  run([&] { return error.has_value(); });
  EXPECT_EQ(error->fault, CallFault::kCancelled);
  run([&] { return handler.cancelled == 1; });
  EXPECT_EQ(pool->idle(), 0U);
}

TEST_F(ClientTest, SpeaksTls) {
  const auto context = TlsServerContext::create(kServerCertificate, kServerKey, TlsVersion::kTls12);
  ASSERT_TRUE(context.has_value()) << context.error().message();
  serve({.tls = *context});
  const auto trust = TlsClientContext::create(kAuthority, TlsVersion::kTls13);
  ASSERT_TRUE(trust.has_value());
  pool.emplace(loop, PoolOptions{.tls = *trust});
  upstream = &origin(true);
  const Answer first = get("/big");
  EXPECT_FALSE(first.error.has_value()) << first.error->detail;
  EXPECT_EQ(first.body.size(), 2'000'000U);
  const Answer second = get("/stream");
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.body, "piece;piece;piece;piece;piece;");
}

TEST_F(ClientTest, RefusesCertificatesThatItDoesNotTrust) {
  const auto context = TlsServerContext::create(kServerCertificate, kServerKey, TlsVersion::kTls12);
  serve({.tls = *context});
  upstream = &origin(true);  // system roots
  const Answer untrusted = get("/a");
  ASSERT_TRUE(untrusted.error.has_value());
  EXPECT_EQ(untrusted.error->fault, CallFault::kTls);

  const auto trust = TlsClientContext::create(kAuthority, TlsVersion::kTls12);
  pool.emplace(loop, PoolOptions{.tls = *trust});
  upstream =
      &pool->origin({.host = "127.0.0.1", .port = port, .tls = true, .sni = "other.example"});
  const Answer wrong_name = get("/a");
  ASSERT_TRUE(wrong_name.error.has_value());
  EXPECT_EQ(wrong_name.error->fault, CallFault::kTls);
  EXPECT_NE(wrong_name.error->detail.find("mismatch"), std::string::npos)
      << wrong_name.error->detail;
}

TEST(ListenSocketTest, RefusesAPortThatIsInUse) {
  const auto first = ListenSocket::open("127.0.0.1", 0);
  ASSERT_TRUE(first.has_value());
  const auto second = ListenSocket::open("127.0.0.1", first->port());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), Code::kUnavailable);
  EXPECT_NE(second.error().message().find(std::to_string(first->port())), std::string::npos);
  EXPECT_TRUE(ListenSocket::open("127.0.0.1", first->port(), true).has_value());
  EXPECT_EQ(ListenSocket::open("localhost", 0).error().code(), Code::kInvalid);
}

TEST(TlsContextTest, SaysWhatIsWrongWithACertificate) {
  EXPECT_FALSE(TlsServerContext::create("no pem", kServerKey, TlsVersion::kTls12).has_value());
  const auto key = TlsServerContext::create(kServerCertificate, "no pem", TlsVersion::kTls12);
  ASSERT_FALSE(key.has_value());
  EXPECT_NE(key.error().message().find("private key"), std::string::npos);
  EXPECT_FALSE(TlsClientContext::create("no pem", TlsVersion::kTls12).has_value());
}

}  // namespace
}  // namespace penstock::net
