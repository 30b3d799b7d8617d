#include "controller/authority/rotation.h"

#include <algorithm>
#include <cctype>

#include <gtest/gtest.h>

namespace penstock::controller::authority {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Policy kPolicy{
    .authority_life = days(90), .trust_first = days(2), .leaf_life = days(7), .skew = minutes(5)};

WallTime day(int number) {
  return WallTime(days(20'000 + number));
}

/// Made on that day.
Validity made(int on) {
  return validity_from(day(on), kPolicy.authority_life, kPolicy);
}

struct Case {
  std::string name;
  int now;
  std::vector<int> made_on;
  std::optional<std::size_t> signer;
  bool make_new;
  std::vector<std::size_t> expired;
};

class RotationTest : public testing::TestWithParam<Case> {};

TEST_P(RotationTest, Decides) {
  const Case& given = GetParam();
  std::vector<Validity> authorities;
  for (const int on : given.made_on) {
    authorities.push_back(made(on));
  }
  const Rotation rotation = plan_rotation(day(given.now), authorities, kPolicy);
  EXPECT_EQ(rotation.signer, given.signer);
  EXPECT_EQ(rotation.make_new, given.make_new);
  EXPECT_EQ(rotation.expired, given.expired);
}

INSTANTIATE_TEST_SUITE_P(
    Ages, RotationTest,
    testing::Values(Case{"nothing yet", 0, {}, std::nullopt, true, {}},
                    Case{"the first signs at once", 0, {0}, 0, false, {}},
                    Case{"young", 59, {0}, 0, false, {}},
                    Case{"two thirds are over", 60, {0}, 0, true, {}},
                    Case{"the successor is only trusted", 60, {0, 60}, 0, false, {}},
                    Case{"still only trusted", 61, {0, 60}, 0, false, {}},
                    Case{"the successor signs", 62, {0, 60}, 1, false, {}},
                    Case{"both are trusted to the end", 89, {0, 60}, 1, false, {}},
                    Case{"the old one has expired", 90, {0, 60}, 1, false, {0}},
                    Case{"order does not matter", 70, {60, 0}, 0, false, {}},
                    Case{"the successor's successor", 120, {60}, 0, true, {}},
                    Case{"all have expired", 200, {0, 60}, std::nullopt, true, {0, 1}},
                    Case{"nobody was there for long", 95, {0, 95}, 1, false, {0}},
                    Case{"a clock that went back", 0, {5}, 0, false, {}}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::ranges::replace_if(
          name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
      return name;
    });

TEST(RotationOverYears, SomebodyAlwaysSignsAndEverySignerWasTrustedBefore) {
  std::vector<Validity> authorities;
  std::optional<WallTime> signer_from;
  int made_count = 0;
  for (WallTime now = day(0); now < day(2'000); now += hours(6)) {
    Rotation rotation = plan_rotation(now, authorities, kPolicy);
    for (auto i = rotation.expired.rbegin(); i != rotation.expired.rend(); ++i) {
      authorities.erase(authorities.begin() + static_cast<std::ptrdiff_t>(*i));
    }
    if (rotation.make_new) {
      authorities.push_back(validity_from(now, kPolicy.authority_life, kPolicy));
      ++made_count;
    }
    rotation = plan_rotation(now, authorities, kPolicy);
    ASSERT_TRUE(rotation.signer);
    ASSERT_LE(authorities.size(), 2U);
    const Validity& signer = authorities[*rotation.signer];
    ASSERT_GE(signer.until - now, kPolicy.leaf_life);
    if (signer_from && signer.from != *signer_from) {
      ASSERT_GE(now - signer.from, kPolicy.trust_first);
      ASSERT_GT(signer.from, *signer_from);
    }
    signer_from = signer.from;
  }
  EXPECT_EQ(made_count, 34);  // one each 60 days
}

TEST(RenewalTime, IsAtTwoThirds) {
  EXPECT_EQ(renewal_time({day(0), day(30)}), day(20));
}

TEST(ValidityFrom, BeginsEarlierForClocksThatAreBehind) {
  const auto validity = validity_from(day(1) + std::chrono::milliseconds(999), days(1), kPolicy);
  EXPECT_EQ(validity.from, day(1) - minutes(5));
  EXPECT_EQ(validity.until, day(2));
}

TEST(PolicyCheck, DefaultsAreGoodAndOverlapsMustFit) {
  EXPECT_TRUE(check_policy({}));
  EXPECT_TRUE(check_policy(kPolicy));
  Policy slow = kPolicy;
  slow.trust_first = days(30);
  EXPECT_FALSE(check_policy(slow));
  Policy long_leaf = kPolicy;
  long_leaf.leaf_life = days(29);
  EXPECT_FALSE(check_policy(long_leaf));
  Policy no_leaf = kPolicy;
  no_leaf.leaf_life = seconds(0);
  EXPECT_FALSE(check_policy(no_leaf));
}

}  // namespace
}  // namespace penstock::controller::authority
