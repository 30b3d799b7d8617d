#include "routing/cooldown.h"

#include <gtest/gtest.h>

namespace penstock::routing {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Sun, 06 Nov 1994 08:49:37 GMT
const WallTime kNow{784'111'777s};

struct Row {
  const char* ms;
  const char* after;
  std::optional<milliseconds> want;
};

TEST(ParseRetryAfter, Table) {
  const Row rows[] = {
      {"1500", "", 1'500ms},
      {"1500", "7", 1'500ms},
      {" 12.2 ", "", 13ms},
      {"", "2", 2'000ms},
      {"", "0", 0ms},
      {"", "1.5", 1'500ms},
      {"", "Sun, 06 Nov 1994 08:49:40 GMT", 3'000ms},
      {"", "Sun, 06 Nov 1994 08:49:30 GMT", 0ms},
      {"soon", "2", 2'000ms},
      {"", "", std::nullopt},
      {"", "tomorrow", std::nullopt},
      {"-5", "-1", std::nullopt},
      {"nan", "inf", std::nullopt},
      {"", "Sun, 31 Feb 1994 08:49:40 GMT", std::nullopt},
      {"", "Sun, 06 Nov 1994 25:49:40 GMT", std::nullopt},
      {"", "99999999999", kLargestCooldown},
      {"", "Sun, 06 Nov 2094 08:49:40 GMT", kLargestCooldown},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(parse_retry_after(row.ms, row.after, kNow), row.want) << row.ms << " / " << row.after;
  }
}

TEST(Cooldown, EndpointsOwnWordCounts) {
  Cooldown cooldown;
  const SteadyTime now{50s};
  cooldown.refused(now, 1'500ms);
  EXPECT_TRUE(cooldown.active(now + 1'499ms));
  EXPECT_FALSE(cooldown.active(now + 1'500ms));
  cooldown.refused(now, 10ms);
  EXPECT_EQ(cooldown.until(), now + 1'500ms) << "a later, shorter word does not shorten the wait";
}

TEST(Cooldown, DefaultGrowsAndStartsAfresh) {
  Cooldown cooldown;
  SteadyTime now{50s};
  for (const milliseconds want :
       {1'000ms, 2'000ms, 4'000ms, 8'000ms, 16'000ms, 30'000ms, 30'000ms}) {
    cooldown.refused(now, std::nullopt);
    EXPECT_EQ(cooldown.until() - now, want);
    now = cooldown.until();
  }
  cooldown.taken();
  cooldown.refused(now, std::nullopt);
  EXPECT_EQ(cooldown.until() - now, 1s);
}

}  // namespace
}  // namespace penstock::routing
