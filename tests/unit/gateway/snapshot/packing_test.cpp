#include "gateway/snapshot/packing.h"

#include <gtest/gtest.h>

namespace penstock::gateway::snapshot {
namespace {

/// Compressible, and longer than the limit for plain text.
std::string long_text() {
  std::string text;
  for (int i = 0; text.size() <= 4 * kPlainLimit; ++i) {
    text += "{\"endpoint\":" + std::to_string(i) + "},";
  }
  return text;
}

TEST(Packing, SmallTextStaysReadable) {
  EXPECT_EQ(pack("{\"version\":\"1\"}").value(), "{\"version\":\"1\"}");
  EXPECT_EQ(unpack("{\"version\":\"1\"}").value(), "{\"version\":\"1\"}");
}

TEST(Packing, LongTextShrinksAndComesBack) {
  const std::string text = long_text();
  const auto packed = pack(text).value();
  EXPECT_LT(packed.size(), text.size() / 4);
  EXPECT_EQ(unpack(packed).value(), text);
}

TEST(Packing, EqualTextsGiveEqualBytes) {
  EXPECT_EQ(pack(long_text()).value(), pack(long_text()).value());
}

TEST(Packing, DamageIsAnErrorAtEveryLength) {
  const auto packed = pack(long_text()).value();
  for (const std::size_t kept :
       {std::size_t{2}, std::size_t{20}, packed.size() / 2, packed.size() - 1}) {
    const auto out = unpack(std::string_view(packed).substr(0, kept));
    ASSERT_FALSE(out.has_value()) << kept;
    EXPECT_EQ(out.error().code(), Code::kInvalid);
  }
}

}  // namespace
}  // namespace penstock::gateway::snapshot
