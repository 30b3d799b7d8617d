// The relay of a stream allocates nothing per chunk: a stream of thousands of events costs the
// core's thread exactly as many allocations as one of a few. A binary of its own, because it
// replaces operator new.

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/integration/gateway/fixture.h"

namespace {
thread_local std::uint64_t t_allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++t_allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++t_allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace penstock::gateway {
namespace {

/// Notes how much the core's thread had allocated when a call ended. Allocates nothing itself.
class CountingSink final : public UsageSink {
 public:
  CountingSink(std::atomic<std::uint64_t>& at_end, std::atomic<std::uint64_t>& calls)
      : at_end_(at_end), calls_(calls) {}
  void emit(const UsageRecord& record) override {
    at_end_ = t_allocations;
    output = record.usage.output;
    ++calls_;
  }
  std::int64_t output = 0;

 private:
  std::atomic<std::uint64_t>& at_end_;
  std::atomic<std::uint64_t>& calls_;
};

class Allocation : public GatewayTest {
 protected:
  void start_counting() {
    auto snapshot = snapshot::Snapshot::compile(document_);
    ASSERT_TRUE(snapshot);
    ServerSettings settings;
    settings.listeners = document_.listeners;
    settings.usage_sink = [this](std::size_t) {
      return std::make_unique<CountingSink>(at_end_, calls_);
    };
    auto server = GatewayServer::start(std::move(settings), *snapshot);
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }

  /// Allocations of the core's thread from the end of the call before to the end of this one, on
  /// one connection.
  std::uint64_t cost_of(testing::RawHttp& client, bool stream) {
    const std::uint64_t before = at_end_;
    const std::uint64_t calls = calls_;
    client.send(chat_request("m1", stream));
    const auto got = client.read();
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.status, 200);
    while (calls_ == calls) {
      std::this_thread::yield();
    }
    return at_end_ - before;
  }

  std::atomic<std::uint64_t> at_end_{0};
  std::atomic<std::uint64_t> calls_{0};
};

TEST_F(Allocation, NonePerChunkAndNonePerCallInSteadyState) {
  std::atomic<std::size_t> tokens{10};
  testing::Upstream upstream([&tokens](const testing::UpstreamRequestSeen& request) {
    if (request.body.find("\"stream\":true") == std::string::npos) {
      return testing::json_script(200, testing::chat_answer("hi"));
    }
    return testing::stream_script({.tokens = tokens});
  });
  add_deployment("default/one", "m1", upstream.port());
  add_route("default/r", {{"default/one"}});
  start_counting();
  testing::RawHttp client(port());
  constexpr int kWarmUp = 5;
  for (int i = 0; i < kWarmUp; ++i) {
    tokens = 2'000;
    (void)cost_of(client, true);
    (void)cost_of(client, false);
  }
  tokens = 10;
  const std::uint64_t few = cost_of(client, true);
  tokens = 5'000;
  const std::uint64_t many = cost_of(client, true);
  const std::uint64_t whole = cost_of(client, false);
  RecordProperty("allocations_per_short_stream", static_cast<int>(few));
  RecordProperty("allocations_per_whole_answer", static_cast<int>(whole));
  EXPECT_EQ(many, few) << "per chunk: " << static_cast<double>(many - few) / 4'990;
  EXPECT_LE(few, 8U);
  EXPECT_LE(whole, 8U);
}

}  // namespace
}  // namespace penstock::gateway
