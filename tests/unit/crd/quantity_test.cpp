#include "crd/quantity.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::crd {
namespace {

struct Row {
  std::string text;
  std::int64_t milli;
};

TEST(Quantity, ReadsWhatKubernetesReads) {
  const std::vector<Row> rows = {{"0", 0},
                                 {"4", 4000},
                                 {"500m", 500},
                                 {"1.5", 1500},
                                 {"1k", 1'000'000},
                                 {"1Ki", 1'024'000},
                                 {"40Gi", 42'949'672'960'000},
                                 {"1e3", 1'000'000},
                                 {"1E3", 1'000'000},
                                 {"2.5Mi", 2'621'440'000},
                                 {"-1", -1000},
                                 {"+1", 1000},
                                 {".5", 500},
                                 {"1u", 1},
                                 {"1n", 1},
                                 {"1000000n", 1},
                                 {"1001u", 2},
                                 {"12e-1", 1200}};
  for (const Row& row : rows) {
    const auto quantity = Quantity::parse(row.text);
    ASSERT_TRUE(quantity) << row.text << ": " << quantity.error().message();
    EXPECT_EQ(quantity->milli(), row.milli) << row.text;
    EXPECT_EQ(quantity->text(), row.text);
  }
}

TEST(Quantity, RefusesTheRest) {
  for (const char* text : {"", "Gi", "1 Gi", "1gi", "1KB", "1.2.3", "--1", "1e", "1e99", "0x10"}) {
    const auto quantity = Quantity::parse(text);
    ASSERT_FALSE(quantity) << text;
    EXPECT_NE(quantity.error().message().find("write for example"), std::string::npos);
  }
}

TEST(Quantity, WhatIsTooLargeIsTheLargest) {
  for (const char* text : {"99999999999999999999", "1Ei", "1E", "9E"}) {
    const auto quantity = Quantity::parse(text);
    ASSERT_TRUE(quantity) << text;
    EXPECT_EQ(quantity->milli(), std::numeric_limits<std::int64_t>::max()) << text;
    EXPECT_EQ(quantity->text(), text);
  }
  EXPECT_EQ(Quantity::parse("1.00000000000000000000000001")->milli(), 1000);
}

TEST(Quantity, ComparesByAmount) {
  EXPECT_EQ(*Quantity::parse("1Gi"), *Quantity::parse("1024Mi"));
  EXPECT_LT(*Quantity::parse("999m"), Quantity(1));
  EXPECT_EQ(Quantity::parse("500m")->value(), 1) << "rounded up";
  EXPECT_EQ(Quantity::parse("-500m")->value(), 0);
}

}  // namespace
}  // namespace penstock::crd
