#include "base/secret.h"

#include <concepts>

#include <gtest/gtest.h>

#include "base/log.h"

namespace penstock {
namespace {

// The point of the type: no accident turns it into text.
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(!std::constructible_from<log::Field, const char*, Secret>);
static_assert(!std::equality_comparable<Secret>);

TEST(SecretTest, MatchesOnlyTheSameBytes) {
  const Secret secret("psk-abc");
  EXPECT_TRUE(secret.matches("psk-abc"));
  EXPECT_FALSE(secret.matches("psk-abd"));
  EXPECT_FALSE(secret.matches("psk-abcd"));
  EXPECT_FALSE(secret.matches(""));
}

TEST(SecretTest, Sha256MatchesThePublishedVector) {  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace penstock
