// Real sockets and real TLS on loopback (client rules 9, 10, 12, 42; field faults T05, T09, T20).
#include "kube/http_transport.h"

#include <atomic>
#include <future>
#include <latch>

#include <gtest/gtest.h>

#include "tests/integration/kube/tls_server.h"

namespace penstock::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ok_answer;
using test::Pki;
using test::TlsServer;

class HttpTransportTest : public testing::Test {
 protected:
  static void serve_all(TlsServer::Peer& peer) {
    while (!peer.read_head().empty()) {
      peer.write(ok_answer("{}"));
    }
  }
  void connect(const ClusterConfig& config, HttpTransportOptions options = {}) {
    transport_.reset();
    tls_ = std::make_unique<TlsSource>(config, system_clock());
    transport_ = make_http_transport(config, *tls_, options).value();
  }
  auto get(milliseconds deadline = seconds(10), const BodySink& sink = nullptr,
           std::stop_token stop = {}) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/x?y=%20z";
    request.deadline = deadline;
    return transport_->send(request, sink, std::move(stop));
  }
  /// How long `call` takes.
  template <class Call>
  static milliseconds timed(const Call& call) {
    const auto start = system_clock().now();
    call();
    return std::chrono::duration_cast<milliseconds>(system_clock().now() - start);
  }

  const Pki pki_ = Pki::make();
  std::unique_ptr<TlsSource> tls_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(HttpTransportTest, OneConnectionServesManyRequests) {
  std::string head;
  TlsServer server(pki_, false, [&](TlsServer::Peer& peer) {
    for (std::string next = peer.read_head(); !next.empty(); next = peer.read_head()) {
      head = next;
      peer.write(ok_answer(R"({"a":1})"));
    }
  });
  connect(server.config(pki_));
  for (int i = 0; i < 5; ++i) {
    const auto answer = get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, R"({"a":1})");
    EXPECT_EQ(answer->header("content-type"), "application/json");
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_TRUE(head.starts_with("GET /x?y=%20z HTTP/1.1\r\n")) << head;
}

TEST_F(HttpTransportTest, OnlyTheConfiguredAuthorityIsTrusted) {
  TlsServer server(pki_, false, serve_all);
  connect(server.config(Pki::make()));
  const auto answer = get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, TransportFailure::kNotSent);
  EXPECT_NE(answer.error().message.find("certificate verify failed"), std::string::npos)
      << answer.error().message;
  ClusterConfig system = server.config(pki_);
  system.ca = {};
  connect(system);
  EXPECT_FALSE(get()) << "the system's authorities do not know it";
}

TEST_F(HttpTransportTest, TheNameMustMatch) {
  TlsServer server(pki_, false, serve_all);
  ClusterConfig config = server.config(pki_);
  config.tls_server_name = "kube.test";
  connect(config);
  const auto named = get();
  EXPECT_TRUE(named) << named.error().message;
  config.tls_server_name = "other.test";
  connect(config);
  EXPECT_FALSE(get());
  config.tls_server_name = "";
  const std::string port = config.server.substr(config.server.rfind(':'));
  config.server = "https://127.0.0.2" + port;
  connect(config);
  EXPECT_FALSE(get());
  config.insecure_skip_tls_verify = true;
  config.server = "https://127.0.0.1" + port;
  config.tls_server_name = "other.test";
  connect(config);
  EXPECT_TRUE(get());
}

TEST_F(HttpTransportTest, ShowsItsCertificateAndTakesANewOne) {
  TlsServer server(pki_, true, serve_all);
  ClusterConfig config = server.config(pki_);
  config.client_certificate.data = Secret(pki_.client_certificate);
  config.client_key.data = Secret(pki_.client_key);
  connect(config);
  const auto answer = get();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(server.last_client(), "operator");
  config.client_key.data = Secret("not a key");
  connect(config);
  const auto bad = get();
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("client-key"), std::string::npos);
  EXPECT_EQ(bad.error().message.find("not a key"), std::string::npos) << "no key in a message";
}

TEST_F(HttpTransportTest, AFrozenServerEndsAtTheDeadline) {
  TlsServer server(pki_, false, [](TlsServer::Peer& peer) {
    peer.read_head();
    peer.wait_closed();
  });
  connect(server.config(pki_));
  const auto took = timed([&] {
    const auto answer = get(milliseconds(300));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::kTimeout);
  });
  EXPECT_GE(took, milliseconds(290));
  EXPECT_LT(took, seconds(3));
}

TEST_F(HttpTransportTest, OneSilentConnectionCostsOneDeadline) {
  std::atomic<int> serving = 0;
  std::atomic<bool> silent = false;
  std::latch both(2);
  TlsServer server(pki_, false, [&](TlsServer::Peer& peer) {
    const bool old = ++serving <= 2;
    while (!peer.read_head().empty()) {
      if (old && silent) {
        peer.wait_closed();
        return;
      }
      if (old) {
        both.arrive_and_wait();  // two calls at once make two connections
      }
      peer.write(ok_answer("{}"));
    }
  });
  connect(server.config(pki_));
  auto first = std::async(std::launch::async, [this] { return get(); });
  ASSERT_TRUE(get());
  ASSERT_TRUE(first.get());
  ASSERT_EQ(server.connections(), 2);
  silent = true;
  ASSERT_FALSE(get(milliseconds(200)));
  EXPECT_TRUE(get(seconds(5))) << "the other idle connection is as old and as silent";
}

TEST_F(HttpTransportTest, ADrippingServerEndsAtTheDeadlineToo) {
  TlsServer server(pki_, false, [](TlsServer::Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    std::promise<void> never;
    while (peer.write("x")) {  // a byte each 20 ms would keep a read timeout quiet for ever
      never.get_future().wait_for(milliseconds(20));
      never = {};
    }
  });
  connect(server.config(pki_));
  const auto took = timed([&] {
    const auto answer = get(milliseconds(300));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::kTimeout);
  });
  EXPECT_LT(took, seconds(2));
}

TEST_F(HttpTransportTest, AStopEndsABlockedWatchAtOnce) {
  std::promise<void> streaming;
  TlsServer server(pki_, false, [](TlsServer::Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab\n\r\n");
    peer.wait_closed();
  });
  connect(server.config(pki_));
  std::stop_source stop;
  std::string seen;
  std::jthread stopper([&] {
    streaming.get_future().wait();
    stop.request_stop();
  });
  const auto took = timed([&] {
    const auto answer = get(
        seconds(20),
        [&](std::string_view bytes) {
          seen = bytes;
          streaming.set_value();
          return true;
        },
        stop.get_token());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::kCancelled);
  });
  EXPECT_EQ(seen, "ab\n");
  EXPECT_LT(took, seconds(2));
}

TEST_F(HttpTransportTest, AStreamCutShortIsNoCleanEnd) {
  std::string bytes;
  TlsServer server(pki_, false, [&](TlsServer::Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + bytes);
  });
  connect(server.config(pki_));
  bytes = "3\r\nab\n\r\n0\r\n\r\n";
  EXPECT_TRUE(get(seconds(5), [](std::string_view) { return true; }));
  for (const char* cut : {"3\r\nab\n\r\n", "3\r\na", ""}) {
    bytes = cut;
    const auto answer = get(seconds(5), [](std::string_view) { return true; });
    ASSERT_FALSE(answer) << cut;
    EXPECT_EQ(answer.error().failure, TransportFailure::kUnknown);
  }
}

TEST_F(HttpTransportTest, AConnectionTheServerClosedIsNotReused) {
  TlsServer server(pki_, false, [](TlsServer::Peer& peer) {
    peer.read_head();
    peer.write(ok_answer("{}"));  // then closes, without saying so in a header
  });
  connect(server.config(pki_));
  for (int i = 0; i < 3; ++i) {
    const int before = server.connections();
    ASSERT_TRUE(get());
    EXPECT_EQ(server.connections(), before + 1);
    // The close must have arrived, else reuse would be right.
    std::promise<void> pause;
    pause.get_future().wait_for(milliseconds(50));
  }
}

TEST_F(HttpTransportTest, ALostAnswerIsUnknownAndARefusedConnectionNotSent) {
  ClusterConfig config;
  {
    TlsServer server(pki_, false, [](TlsServer::Peer& peer) { peer.read_head(); });
    config = server.config(pki_);
    connect(config);
    const auto answer = get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, TransportFailure::kUnknown);
  }
  const auto refused = get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, TransportFailure::kNotSent);
}

TEST_F(HttpTransportTest, AnswersAreBounded) {
  TlsServer server(pki_, false, [](TlsServer::Peer& peer) {
    peer.read_head();
    peer.write(ok_answer(std::string(100'000, 'x')));
    peer.wait_closed();
  });
  HttpTransportOptions options;
  options.max_body = 50'000;
  connect(server.config(pki_), options);
  const auto answer = get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, TransportFailure::kRefused);
}

TEST_F(HttpTransportTest, ErrorsOfAStreamComeWithTheirBody) {
  TlsServer server(pki_, false, [](TlsServer::Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone");
  });
  connect(server.config(pki_));
  const auto answer = get(seconds(5), [](std::string_view) {
    ADD_FAILURE() << "an error's body is no event";
    return true;
  });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 410);
  EXPECT_EQ(answer->body, "gone");
}

TEST_F(HttpTransportTest, ManyThreadsShareIt) {
  TlsServer server(pki_, false, serve_all);
  connect(server.config(pki_));
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 20; ++j) {
          good += get().has_value() ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(good.load(), 160);
  EXPECT_LE(server.connections(), 8);
}

}  // namespace
}  // namespace penstock::kube
