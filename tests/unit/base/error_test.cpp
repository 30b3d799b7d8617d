#include "base/error.h"

#include <set>

#include <gtest/gtest.h>

#include "base/result.h"

namespace penstock {
namespace {

TEST(ErrorTest, EveryCodeHasItsOwnNameAndAPlausibleStatus) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    const CodeInfo& row = info(static_cast<Code>(i));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GE(row.http_status, 400);
    EXPECT_LT(row.http_status, 600);
    EXPECT_FALSE(row.reason.empty());
  }
}

TEST(ErrorTest, ContextReadsFromTheOutside) {
  const Error error =
      Error(Code::kNotFound, "no file \"a\"").with_context("reading").with_context("starting");
  EXPECT_EQ(error.to_string(), "starting: reading: no file \"a\"");
}

Result<int> half(int n) {
  if (n % 2 != 0) {
    return fail(Code::kInvalid, "odd");
  }
  return n / 2;
}

Result<int> quarter(int n) {
  PENSTOCK_TRY(once, half(n));
  PENSTOCK_TRY(twice, half(once));
  return twice;
}

TEST(ResultTest, TryReturnsTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  ASSERT_FALSE(quarter(6).has_value());
  EXPECT_EQ(quarter(6).error().code(), Code::kInvalid);
}

}  // namespace
}  // namespace penstock
