// `penstock gateway` itself, on the stream alone.
#include "app/gateway/gateway.h"

#include <arpa/inet.h>
#include <csignal>
#include <pthread.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <httplib.h>

#include "gateway/snapshot/document_json.h"
#include "gateway/snapshot/packing.h"
#include "tests/integration/configuration/stream_fixture.h"

namespace penstock::test {
namespace {

namespace doc = gateway::snapshot;

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ::bind(fd, generic, size);
  ::getsockname(fd, generic, &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

class GatewayOnStreamTest : public StreamTest {
 protected:
  GatewayOnStreamTest() : listener_(free_port()), admin_(free_port()) {
    write_identity("main", authority_);
    options_.controller = "https://localhost:" + std::to_string(port_);
    options_.identity = folder("main");
    options_.data_dir = folder_ / "data";
    options_.admin = {"127.0.0.1", admin_};
    options_.threads = 1;
  }
  ~GatewayOnStreamTest() override { stop(); }

  void start() {
    thread_ = std::thread([this] {
      const auto code = role::run(options_);
      EXPECT_TRUE(code) << code.error().to_string();
    });
  }
  void stop() {
    if (thread_.joinable()) {
      // Only once it serves: before that the thread does not take signals yet.
      EXPECT_TRUE(eventually([&] { return !ask("/livez").empty(); }));
      pthread_kill(thread_.native_handle(), SIGTERM);
      thread_.join();
    }
  }

  /// `salt` makes another version.
  std::string offer(std::uint64_t version, const std::string& salt) {
    doc::Document document;
    document.gateway = "team-a/main";
    auto& listener = document.listeners.emplace_back();
    listener.name = "http";
    listener.address = "127.0.0.1";
    listener.port = listener_;
    document.cors.allow_origins = {salt};
    document.version = doc::content_version(document);
    publish("main", version, doc::pack(doc::write_document(document)).value());
    return document.version;
  }

  [[nodiscard]] std::string ask(const std::string& path) const {
    httplib::Client client("127.0.0.1", admin_);
    const auto answer = client.Get(path);
    return answer && answer->status == 200 ? answer->body : "";
  }
  /// For longer than a change takes.
  [[nodiscard]] bool stays(const std::string& version) const {
    waiter_.sleep(std::chrono::milliseconds(300), {});
    return runs(version);
  }
  [[nodiscard]] bool runs(const std::string& version) const {
    return ask("/snapshot-version").starts_with(version);
  }

  const std::uint16_t listener_;
  const std::uint16_t admin_;
  role::Options options_;
  std::thread thread_;
};

TEST_F(GatewayOnStreamTest, TakesEachChangeAndNeverGoesBack) {
  const auto first = offer(10, "https://one.test");
  start();
  EXPECT_TRUE(eventually([&] { return runs(first); }));
  const auto second = offer(11, "https://two.test");
  EXPECT_TRUE(eventually([&] { return runs(second); }));
  offer(9, "https://zero.test");
  EXPECT_TRUE(stays(second));
  const auto third = offer(12, "https://three.test");
  EXPECT_TRUE(eventually([&] { return runs(third); }));
  const std::string metrics = ask("/metrics");
  EXPECT_TRUE(metrics.contains("penstock_gateway_configuration_source{source=\"stream\"} 1"));
  EXPECT_TRUE(metrics.contains("penstock_gateway_configuration_stream_connected 1"));
}

TEST_F(GatewayOnStreamTest, BrokenOneLeavesTheLastInForce) {
  const auto first = offer(10, "https://one.test");
  start();
  EXPECT_TRUE(eventually([&] { return runs(first); }));
  publish("main", 11, "{\"gateway\":");
  EXPECT_TRUE(stays(first));
  const auto second = offer(12, "https://two.test");
  EXPECT_TRUE(eventually([&] { return runs(second); }));
}

TEST_F(GatewayOnStreamTest, StartsFromItsCopyWithoutAnybody) {
  const auto first = offer(10, "https://one.test");
  start();
  EXPECT_TRUE(eventually([&] { return runs(first); }));
  stop();
  server_.reset();
  options_.snapshot = folder_ / "absent";
  start();
  EXPECT_TRUE(eventually([&] { return runs(first); }));
  EXPECT_TRUE(ask("/metrics").contains("penstock_gateway_configuration_source{source=\"copy\"} 1"));
  serve();
  const auto second = offer(11, "https://two.test");
  EXPECT_TRUE(eventually([&] { return runs(second); }));
}

}  // namespace
}  // namespace penstock::test
