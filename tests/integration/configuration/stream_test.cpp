// The configuration stream between the real server and the real client.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/snapshot/frame.h"
#include "tests/integration/configuration/stream_fixture.h"

namespace penstock::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(StreamTest, BringsTheNewestAtOnceAndEachChangeWithinASecond) {
  write_identity("main", authority_);
  publish("main", 7, "first");
  const auto stream = follow("main");
  const auto first = next(*stream);
  EXPECT_EQ(first.version, 7U);
  EXPECT_EQ(first.bytes, "first");
  EXPECT_TRUE(stream->connected());
  for (std::uint64_t version = 8; version < 12; ++version) {
    const SteadyTime start = waiter_.now();
    publish("main", version, "change " + std::to_string(version));
    const auto change = next(*stream);
    EXPECT_EQ(change.version, version);
    EXPECT_EQ(change.bytes, "change " + std::to_string(version));
    EXPECT_LT(waiter_.now() - start, seconds(1));
  }
}

TEST_F(StreamTest, LargeOnesArriveWhole) {
  write_identity("main", authority_);
  std::string large(760U << 10U, 'x');
  large.front() = 'a';
  large.back() = 'z';
  publish("main", 1, large);
  const auto stream = follow("main");
  EXPECT_EQ(next(*stream).bytes, large);
}

TEST_F(StreamTest, GatewayReadsItsOwnAndNoOther) {
  write_identity("main", authority_);
  write_identity("other", authority_);
  publish("main", 1, "of main");
  publish("other", 2, "of other");
  const auto main = follow("main");
  const auto other = follow("other");
  EXPECT_EQ(next(*main).bytes, "of main");
  EXPECT_EQ(next(*other).bytes, "of other");
  publish("other", 3, "again of other");
  EXPECT_EQ(next(*other).version, 3U);
  EXPECT_FALSE(main->take());
}

TEST_F(StreamTest, ServerGoneAndBack) {
  write_identity("main", authority_);
  publish("main", 1, "before");
  const auto stream = follow("main");
  EXPECT_EQ(next(*stream).version, 1U);
  server_.reset();
  EXPECT_TRUE(eventually([&] { return !stream->connected(); }));
  publish("main", 2, "while away");
  serve();
  EXPECT_EQ(next(*stream).bytes, "while away");
  EXPECT_TRUE(stream->connected());
}

TEST_F(StreamTest, AuthorityIsRotatedUnderAnOpenConnection) {
  const WallTime now = waiter_.wall_now();
  const auto old = *authority::Authority::read(kube::Object())
                        ->rotated(now - std::chrono::days(250), policy_)
                        .value();
  const auto both = *old.rotated(now, policy_).value();
  const auto young = *both.rotated(now + std::chrono::days(120), policy_).value();
  ASSERT_EQ(both.bundle(), old.bundle() + young.bundle());
  use(old);
  write_identity("main", old);
  publish("main", 1, "a");
  std::atomic<int> connects = 0;
  auto options = client_options("main");
  options.on_state = [&](bool connected) { connects += connected ? 1 : 0; };
  const auto stream = std::move(role::ConfigurationStream::start(std::move(options)).value());
  EXPECT_EQ(next(*stream).version, 1U);
  const auto arrives = [&](std::uint64_t version) {
    publish("main", version, "b");
    return eventually([&] {
      const auto arrival = stream->take();
      return arrival && arrival->version == version;
    });
  };
  // The server trusts both: an open connection stays.
  use(both);
  EXPECT_TRUE(arrives(2));
  EXPECT_EQ(connects, 1);
  // The gateway trusts both: its new identity closes the connection of the old one.
  write_identity("main", both);
  EXPECT_TRUE(eventually([&] { return connects == 2; }));
  EXPECT_TRUE(arrives(3));
  // The new one signs, first for the server, then for the gateway; then the old one is gone.
  authority::Leaf leaf;
  leaf.use = authority::Use::kServer;
  leaf.names = {"localhost"};
  ASSERT_TRUE(server_->use(young.sign(leaf, now, policy_).value(), both.bundle()));
  write_identity("main", young);
  EXPECT_TRUE(eventually([&] { return connects == 3; }));
  use(young);
  write_identity("main", young);
  EXPECT_TRUE(eventually([&] { return connects >= 4; }));
  EXPECT_TRUE(arrives(4));
}

TEST_F(StreamTest, AuthorityThatIsTakenBackTakesItsConnectionsWithIt) {
  write_identity("main", authority_);
  publish("main", 1, "a");
  const auto stream = follow("main");
  EXPECT_EQ(next(*stream).version, 1U);
  const auto another = new_authority();
  use(another);
  EXPECT_TRUE(eventually([&] { return server_->streams() == 0; }));
  publish("main", 2, "b");
  EXPECT_FALSE(stream->take());
  write_identity("main", another);
  EXPECT_EQ(next(*stream).version, 2U);
}

TEST_F(StreamTest, ConnectionEndsWithItsCertificate) {
  write_identity("main", authority_, seconds(2));
  publish("main", 1, "a");
  const auto stream = follow("main");
  EXPECT_EQ(next(*stream).version, 1U);
  EXPECT_TRUE(eventually([&] { return !stream->connected(); }));
  publish("main", 2, "b");
  EXPECT_TRUE(eventually([&] { return server_->streams() == 0; }));
  EXPECT_FALSE(stream->take());
  write_identity("main", authority_);
  EXPECT_EQ(next(*stream).version, 2U);
}

TEST_F(StreamTest, SilentConnectionIsDropped) {
  auto mute = fast();
  mute.heartbeat = std::chrono::hours(1);
  serve(mute);
  write_identity("main", authority_);
  publish("main", 1, "a");
  std::atomic<int> losses = 0;
  auto options = client_options("main");
  options.silence = milliseconds(200);
  options.on_state = [&](bool connected) { losses += connected ? 0 : 1; };
  const auto stream = std::move(role::ConfigurationStream::start(std::move(options)).value());
  EXPECT_TRUE(eventually([&] { return losses >= 2; }));
}

TEST_F(StreamTest, IdentityIsWaitedFor) {
  publish("main", 1, "a");
  const auto stream = follow("main");
  EXPECT_FALSE(stream->connected());
  write_identity("main", authority_);
  EXPECT_EQ(next(*stream).version, 1U);
}

TEST_F(StreamTest, NextReplicaIsAskedWhenOneIsFull) {
  auto small = fast();
  small.most_streams_of_one = 1;
  serve(small);
  write_identity("main", authority_);
  write_identity("other", authority_);
  publish("main", 1, "a");
  publish("other", 1, "b");
  auto first = follow("main");
  EXPECT_EQ(next(*first).version, 1U);
  const auto second = follow("main");
  const auto other = follow("other");
  EXPECT_EQ(next(*other).bytes, "b");
  EXPECT_FALSE(second->connected());
  first.reset();
  EXPECT_EQ(next(*second).version, 1U);
}

/// Takes frames only while it is let.
class SlowReader {
 public:
  SlowReader(const kube::ServerUrl& server, const std::filesystem::path& folder)
      : thread_([this, server, folder](const std::stop_token& stop) {
          const auto door =
              role::open_door(server, "127.0.0.1", *role::read_identity(folder), seconds(5));
          kube::HttpRequest request;
          request.method = "GET";
          request.target = "/v1/snapshots";
          gateway::snapshot::FrameReader reader;
          static_cast<void>((*door)->send(
              request,
              [&](std::string_view piece) {
                std::unique_lock lock(mutex_);
                read_.wait(lock, stop, [this] { return reading_; });
                return reader
                    .feed(piece,
                          [this](const gateway::snapshot::Frame& frame) {
                            frames_ += frame.is_heartbeat() ? 0 : 1;
                            newest_ = frame.version;
                          })
                    .has_value();
              },
              stop));
        }) {}

  void go_on() {
    const std::lock_guard lock(mutex_);
    reading_ = true;
    read_.notify_all();
  }
  [[nodiscard]] int frames() const { return frames_; }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any read_;
  bool reading_ = false;
  std::atomic<int> frames_ = 0;
  std::atomic<std::uint64_t> newest_ = 0;
  std::jthread thread_;
};

TEST_F(StreamTest, SlowReaderHoldsNobodyAndGetsTheNewest) {
  constexpr int kChanges = 40;
  write_identity("main", authority_);
  const std::string large(760U << 10U, 'x');
  publish("main", 1, large);
  SlowReader slow(role::parse_controller_url(client_options("main").url).value(), folder("main"));
  ASSERT_TRUE(eventually([&] { return server_->streams() == 1; }));
  const auto quick = follow("main");
  EXPECT_EQ(next(*quick).version, 1U);
  for (std::uint64_t version = 2; version <= kChanges; ++version) {
    const SteadyTime start = waiter_.now();
    publish("main", version, large);
    EXPECT_EQ(next(*quick).version, version);
    EXPECT_LT(waiter_.now() - start, seconds(1));
  }
  slow.go_on();
  EXPECT_TRUE(eventually([&] { return slow.newest() == kChanges; }));
  EXPECT_LT(slow.frames(), kChanges);
}

TEST_F(StreamTest, ReaderThatTakesNothingIsCut) {
  auto strict = fast();
  strict.stall = milliseconds(300);
  serve(strict);
  write_identity("main", authority_);
  const std::string large(760U << 10U, 'x');
  publish("main", 1, large);
  const SlowReader slow(role::parse_controller_url(client_options("main").url).value(),
                        folder("main"));
  ASSERT_TRUE(eventually([&] { return server_->streams() == 1; }));
  std::uint64_t version = 1;
  EXPECT_TRUE(eventually([&] {
    publish("main", ++version, large);
    return server_->streams() == 0;
  }));
}

}  // namespace
}  // namespace penstock::test
