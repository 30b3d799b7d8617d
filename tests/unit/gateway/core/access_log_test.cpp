#include "gateway/core/access_log.h"

#include <array>
#include <unistd.h>

#include <gtest/gtest.h>

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;

TEST(AccessLog, OneJsonLine) {
  snapshot::Consumer consumer;
  consumer.name = "default/alice";
  consumer.billing.project = "search";
  std::string out;
  append_access_line(out, {.at = WallTime(1'700'000'000'123ms),
                           .request_id = "req_1",
                           .consumer = &consumer,
                           .route = "default/r",
                           .deployment = "default/d",
                           .operation = "chat",
                           .model = "m\"\n",
                           .stream = true,
                           .status = 200,
                           .error_code = {},
                           .usage = {.input = 7, .cached = 1, .output = 5, .reasoning = 2},
                           .estimated = false,
                           .attempts = 2,
                           .duration = 1'500us,
                           .waited = 250us,
                           .to_first_byte = 500us});
  EXPECT_EQ(
      out,
      R"({"time":"2023-11-14T22:13:20.123Z","message":"call","requestId":"req_1","consumer":"default/alice",)"
      R"("project":"search","route":"default/r","deployment":"default/d","operation":"chat","model":"m\"\n",)"
      R"("stream":true,"status":200,"inputTokens":7,"cachedTokens":1,"outputTokens":5,"reasoningTokens":2,"estimated":false,)"
      R"("attempts":2,"durationMs":1.500,"waitedMs":0.250,"firstByteMs":0.500})"
      "\n");
}

TEST(AccessLog, LinesOfAllCoresArriveWholeAndAtTheLatestAtTheEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  constexpr int kLines = 50;
  {
    AccessLog log(ends[1]);
    const auto a = log.sink();
    const auto b = log.sink();
    for (int i = 0; i < kLines; ++i) {
      a->emit({.at = {}, .request_id = "a", .status = 200});
      b->emit({.at = {}, .request_id = "b", .status = 500});
    }
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4'096> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 * kLines);
  EXPECT_TRUE(text.ends_with("}\n"));
}

}  // namespace
}  // namespace penstock::gateway
