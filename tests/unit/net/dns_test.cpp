#include "net/dns.h"

#include <atomic>

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Task<void> ask(DnsCache& cache, std::string host, std::vector<Addresses>& answers) {
  DnsCache::Query query(cache, host);
  Addresses found = co_await query;
  answers.push_back(std::move(found));
}

std::atomic<bool> g_sick{false};

Addresses sometimes_sick(const std::string& /*host*/) {
  return g_sick ? Addresses() : Addresses(1, *Address::parse("192.0.2.7", 0));
}

Task<void> ask_and_give_up(Loop& loop, DnsCache& cache, std::vector<Addresses>& answers) {
  const std::string host = "localhost";
  DnsCache::Query query(cache, host);
  loop.post([&query] { query.cancel(); });
  Addresses found = co_await query;
  answers.push_back(std::move(found));
}

TEST(DnsTest, AsksOnceForManyAndRemembers) {
  Loop loop;
  DnsCache cache(loop, hours(1));
  std::vector<Addresses> answers;
  for (int i = 0; i < 50; ++i) {
    spawn(ask(cache, "localhost", answers));
  }
  loop.run_until([&] { return answers.size() == 50; });
  spawn(ask(cache, "localhost", answers));
  ASSERT_EQ(answers.size(), 51U);  // at once
  for (const Addresses& answer : answers) {
    EXPECT_FALSE(answer.empty());
  }
  EXPECT_EQ(cache.lookups(), 1U);
}

TEST(DnsTest, AsksAgainWhenTheAnswerIsOld) {
  Loop loop;
  DnsCache cache(loop, milliseconds(0));
  std::vector<Addresses> answers;
  for (std::size_t i = 1; i <= 2; ++i) {
    spawn(ask(cache, "localhost", answers));
    loop.run_until([&] { return answers.size() == i; });
  }
  EXPECT_EQ(cache.lookups(), 2U);
}

TEST(DnsTest, GivesNothingForWhatDoesNotResolve) {
  Loop loop;
  DnsCache cache(loop, hours(1));
  std::vector<Addresses> answers;
  spawn(ask(cache, "no-such-host.invalid", answers));
  loop.run_until([&] { return !answers.empty(); });
  EXPECT_TRUE(answers[0].empty());
}

TEST(DnsTest, KeepsTheLastKnownAddressesWhileTheNameServerIsSick) {
  Loop loop;
  DnsCache cache(loop, milliseconds(0), &sometimes_sick);
  std::vector<Addresses> answers;
  for (std::size_t i = 1; i <= 2; ++i) {
    spawn(ask(cache, "upstream", answers));
    loop.run_until([&] { return answers.size() == i; });
    g_sick = true;
  }
  g_sick = false;
  ASSERT_EQ(answers[1].size(), 1U);
  EXPECT_EQ(answers[1][0].host(), "192.0.2.7");
}

TEST(DnsTest, ACancelledQueryDoesNotDisturbTheOthers) {
  Loop loop;
  DnsCache cache(loop, hours(1));
  std::vector<Addresses> gave_up;
  std::vector<Addresses> answers;
  spawn(ask_and_give_up(loop, cache, gave_up));
  spawn(ask(cache, "localhost", answers));
  loop.run_until([&] { return !gave_up.empty() && !answers.empty(); });
  EXPECT_TRUE(gave_up[0].empty());
  EXPECT_FALSE(answers[0].empty());
}

TEST(DnsTest, ALookupMayOutliveItsCache) {
  Loop loop;
  std::vector<Addresses> answers;
  bool cancelled = false;
  {
    DnsCache cache(loop, hours(1));
    spawn(ask_and_give_up(loop, cache, answers));
    loop.run_until([&] { return !answers.empty(); });
    cancelled = answers[0].empty();
  }
  loop.poll();
  EXPECT_TRUE(cancelled);
}

TEST(AddressTest, ReadsAndWritesNumericAddresses) {
  EXPECT_EQ(Address::parse("127.0.0.1", 80)->host(), "127.0.0.1");
  EXPECT_EQ(Address::parse("::1", 80)->host(), "::1");
  EXPECT_EQ(Address::parse("::ffff:10.0.0.1", 80)->host(), "10.0.0.1");
  EXPECT_EQ(Address::parse("::1", 8080)->port(), 8080);
  EXPECT_FALSE(Address::parse("localhost", 80).has_value());
  EXPECT_FALSE(Address::parse("", 80).has_value());
}

}  // namespace
}  // namespace penstock::net
