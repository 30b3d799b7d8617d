#include "controller/fetch/fetcher.h"

#include <condition_variable>
#include <thread>

#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/loop.h"

namespace penstock::controller::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Answers by path, on a loop and a thread of its own.
class Server final : public net::Handler {
 public:
  Server() {
    auto socket = net::ListenSocket::open("127.0.0.1", 0);
    port = socket->port();
    server_ = std::make_unique<net::HttpServer>(loop_, *this, net::ServerOptions{});
    server_->listen(*std::move(socket));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Server() override {
    loop_.post([this] { net::spawn(end()); });
    thread_.join();
  }
  net::Task<void> handle(net::Exchange& exchange) override {
    const std::string path(exchange.head().path());
    if (path == "/hang") {
      co_await exchange.loop().sleep(milliseconds(1'000));
      co_return;
    }
    if (path == "/missing") {
      exchange.set_status(404);
    }
    co_await exchange.send("hello " + path);
  }
  std::uint16_t port = 0;

 private:
  net::Task<void> end() {
    co_await server_->drain(milliseconds(0));
    loop_.stop();
  }
  net::Loop loop_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

/// What has come, by id.
class Inbox {
 public:
  void put(const std::string& id, const Fetched& got) {
    const std::lock_guard lock(mutex_);
    ++count_[id];
    last_[id] = got.body ? std::string(*got.body) : std::string(info(got.body.error().code()).name);
    changed_.notify_all();
  }
  bool wait(const std::string& id, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(10), [&] { return count_[id] >= count; });
  }
  int count(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return count_[id];
  }
  std::string last(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return last_[id];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> count_;
  std::map<std::string, std::string> last_;
};

class FetcherTest : public testing::Test {
 protected:
  [[nodiscard]] Target at(const std::string& path, std::uint16_t port = 0) const {
    return {path, "127.0.0.1", port == 0 ? server.port : port, path, milliseconds(50)};
  }
  Server server;
  Inbox inbox;
  Fetcher fetcher{{.timeout = milliseconds(300), .slowest = milliseconds(400)},
                  [this](const std::string& id, const Fetched& got) { inbox.put(id, got); }};
};

TEST_F(FetcherTest, AsksAgainAndAgain) {
  fetcher.aim({at("/a")});
  const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
  ASSERT_TRUE(inbox.wait("/a", 3));
  EXPECT_EQ(inbox.last("/a"), "hello /a");
}

TEST_F(FetcherTest, ASlowOneDelaysNobody) {
  std::vector<Target> targets{at("/a")};
  for (int i = 0; i < 50; ++i) {
    targets.push_back(at("/hang"));
    targets.back().id += std::to_string(i);
  }
  fetcher.aim(targets);
  const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
  ASSERT_TRUE(inbox.wait("/a", 4));
  EXPECT_LE(inbox.count("/hang0"), 2);
  ASSERT_TRUE(inbox.wait("/hang0", 1));
  EXPECT_EQ(inbox.last("/hang0"), std::string(info(Code::kTimeout).name));
}

TEST_F(FetcherTest, SaysHowItFailed) {
  const auto closed = net::ListenSocket::open("127.0.0.1", 0)->port();  // nobody listens there now
  fetcher.aim({at("/missing"), at("/nobody", closed)});
  const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
  ASSERT_TRUE(inbox.wait("/missing", 1));
  ASSERT_TRUE(inbox.wait("/nobody", 1));
  EXPECT_EQ(inbox.last("/missing"), std::string(info(Code::kInvalid).name));
  EXPECT_EQ(inbox.last("/nobody"), std::string(info(Code::kUnavailable).name));
}

TEST_F(FetcherTest, TargetsChangeWhileItRuns) {
  const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
  fetcher.aim({at("/a")});
  ASSERT_TRUE(inbox.wait("/a", 1));
  fetcher.aim({at("/b")});
  ASSERT_TRUE(inbox.wait("/b", 2));
  const int before = inbox.count("/a");
  ASSERT_TRUE(inbox.wait("/b", 6));
  EXPECT_LE(inbox.count("/a"), before + 1);
}

TEST_F(FetcherTest, AShorterCadenceTakesEffectBeforeTheLongerOneIsOver) {
  Target rare = at("/a");
  rare.every = std::chrono::minutes(5);
  fetcher.aim({rare});
  const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
  ASSERT_TRUE(inbox.wait("/a", 1));
  fetcher.aim({at("/a"), at("/b")});
  ASSERT_TRUE(inbox.wait("/a", 4));
  fetcher.aim({rare, at("/b")});
  ASSERT_TRUE(inbox.wait("/b", inbox.count("/b") + 1));
  const int before = inbox.count("/a");
  ASSERT_TRUE(inbox.wait("/b", inbox.count("/b") + 5));
  EXPECT_LE(inbox.count("/a"), before + 1) << "and a longer one after the turn that was due";
}

TEST_F(FetcherTest, StopsAtOnceAndRunsAgain) {
  fetcher.aim({at("/a"), at("/hang")});
  {
    const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
    ASSERT_TRUE(inbox.wait("/a", 1));
  }
  const int before = inbox.count("/a");
  const std::jthread thread([&](const std::stop_token& stop) { fetcher.run(stop); });
  EXPECT_TRUE(inbox.wait("/a", before + 1));
}

}  // namespace
}  // namespace penstock::controller::fetch
