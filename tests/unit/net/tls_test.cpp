#include "net/tls.h"

#include <array>

#include <gtest/gtest.h>

#include "net/memory_stream.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/manual_clock.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two TLS ends in memory; carry() moves the bytes between them, in pieces of any size.
class TlsTest : public testing::Test {
 protected:
  void start(TlsVersion server_minimum, TlsVersion client_minimum, std::string name = "localhost") {
    server_context = *TlsServerContext::create(kServerCertificate, kServerKey, server_minimum);
    client_context = *TlsClientContext::create(kAuthority, client_minimum);
    auto left = MemoryStream::make(loop);
    auto right = MemoryStream::make(loop);
    server_wire = left.peer;
    client_wire = right.peer;
    spawn(accept(std::move(left.stream)));
    spawn(connect(std::move(right.stream), std::move(name)));
  }
  Task<void> accept(std::unique_ptr<ByteStream> inner) {
    server = co_await accept_tls(loop, std::move(inner), server_context, seconds(10));
    accepted = true;
  }
  Task<void> connect(std::unique_ptr<ByteStream> inner, std::string name) {
    auto made = co_await connect_tls(std::move(inner), client_context, std::move(name));
    if (made) {
      client = std::move(*made);
    } else {
      problem = made.error();
    }
    connected = true;
  }
  /// Until nothing moves any more.
  void carry(std::size_t piece) {
    for (bool moved = true; moved;) {
      loop.poll();
      const std::string up = client_wire->take_received();
      const std::string down = server_wire->take_received();
      send(*server_wire, up, piece);
      send(*client_wire, down, piece);
      moved = !up.empty() || !down.empty();
    }
  }
  static void send(MemoryPeer& to, const std::string& text, std::size_t piece) {
    for (std::size_t at = 0; at < text.size(); at += piece) {
      to.send(std::string_view(text).substr(at, piece));
    }
  }

  Task<void> echo(std::size_t total) {
    std::array<char, 1000> buffer{};
    for (std::size_t done = 0; done < total;) {
      const IoResult got = co_await read_some(*server, buffer);
      if (got.status != IoStatus::kOk) {
        break;
      }
      done += got.bytes;
      const std::array<std::string_view, 2> parts{std::string_view("<"),
                                                  std::string_view(buffer.data(), got.bytes)};
      const IoResult sent = co_await write_all(*server, parts);
      if (sent.status != IoStatus::kOk) {
        break;
      }
    }
  }
  Task<void> say(std::string text) {
    const std::string_view view = text;
    const IoResult sent = co_await write_all(*client, {&view, 1});
    said = sent.status;
  }
  Task<void> listen() {
    std::array<char, 4000> buffer{};
    for (;;) {
      const IoResult got = co_await read_some(*client, buffer);
      if (got.status != IoStatus::kOk) {
        heard_end = got.status;
        break;
      }
      heard.append(buffer.data(), got.bytes);
    }
  }
  void TearDown() override {
    if (client) {
      client->close();
    }
    if (server) {
      server->close();
    }
    loop.poll();
  }

  ManualClock clock;
  Loop loop{clock};
  std::shared_ptr<const TlsServerContext> server_context;
  std::shared_ptr<const TlsClientContext> client_context;
  std::shared_ptr<MemoryPeer> server_wire;
  std::shared_ptr<MemoryPeer> client_wire;
  std::unique_ptr<ByteStream> server;
  std::unique_ptr<ByteStream> client;
  std::string problem;
  bool accepted = false;
  bool connected = false;
  std::optional<IoStatus> said;
  std::string heard;
  std::optional<IoStatus> heard_end;
};

TEST_F(TlsTest, CarriesBytesHoweverTheWireSplitsThem) {
  for (const std::size_t piece : {1U, 7U, 1000U, 100'000U}) {
    start(TlsVersion::kTls12, TlsVersion::kTls12);
    carry(piece);
    ASSERT_TRUE(server && client) << piece << ": " << problem;
    const std::string text = "hello, " + std::string(40'000, 'x') + "end";
    heard.clear();
    spawn(echo(text.size()));
    spawn(listen());
    spawn(say(text));
    carry(piece);
    std::erase(heard, '<');
    EXPECT_EQ(heard, text) << piece;
    EXPECT_EQ(said, IoStatus::kOk);
    server->shutdown_write();
    server_wire->finish();
    carry(piece);
    EXPECT_EQ(heard_end, IoStatus::kEof);
    TearDown();
    server.reset();
    client.reset();
  }
}

TEST_F(TlsTest, WaitsForASlowWire) {
  start(TlsVersion::kTls13, TlsVersion::kTls12);
  carry(1000);
  ASSERT_TRUE(client);
  client_wire->stop_taking();
  spawn(say("waits"));
  loop.poll();
  EXPECT_FALSE(said.has_value());
  client_wire->start_taking();
  loop.poll();
  EXPECT_EQ(said, IoStatus::kOk);
}

TEST_F(TlsTest, CloseEndsWhatIsOutstanding) {
  start(TlsVersion::kTls12, TlsVersion::kTls12);
  carry(1000);
  spawn(listen());
  loop.poll();
  client->close();
  loop.poll();
  EXPECT_EQ(heard_end, IoStatus::kCancelled);
}

TEST_F(TlsTest, ChecksTheName) {
  start(TlsVersion::kTls12, TlsVersion::kTls12, "elsewhere.example");
  carry(1000);
  EXPECT_TRUE(connected);
  EXPECT_FALSE(client);
  EXPECT_NE(problem.find("certificate"), std::string::npos) << problem;
  server_wire->finish();
  carry(1000);
  EXPECT_TRUE(accepted);
  EXPECT_FALSE(server);
}

TEST_F(TlsTest, ChecksAddressesToo) {
  start(TlsVersion::kTls12, TlsVersion::kTls12, "127.0.0.1");
  carry(1000);
  EXPECT_TRUE(client) << problem;
}

TEST_F(TlsTest, GivesUpOnAClientThatDoesNotShakeHands) {
  start(TlsVersion::kTls12, TlsVersion::kTls12);
  loop.poll();
  clock.advance(seconds(11));
  loop.fire_timers();
  loop.poll();
  EXPECT_TRUE(accepted);
  EXPECT_FALSE(server);
  client_wire->finish();
  loop.poll();
  EXPECT_TRUE(connected);
}

TEST_F(TlsTest, RefusesWhatIsNoTls) {
  start(TlsVersion::kTls12, TlsVersion::kTls12);
  loop.poll();
  server_wire->send("GET / HTTP/1.1\r\n\r\n");
  loop.poll();
  EXPECT_TRUE(accepted);
  EXPECT_FALSE(server);
  client_wire->reset();
  loop.poll();
  EXPECT_TRUE(connected);
}

}  // namespace
}  // namespace penstock::net
