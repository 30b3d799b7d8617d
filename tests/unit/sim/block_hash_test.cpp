#include "sim/engine_model/block_hash.h"

#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace penstock::sim {
namespace {

std::vector<std::uint32_t> counting(std::size_t n) {
  std::vector<std::uint32_t> tokens(n);
  std::iota(tokens.begin(), tokens.end(), 1U);
  return tokens;
}

TEST(BlockHash, OnlyFullBlocksHaveOne) {
  EXPECT_TRUE(hash_tokens(counting(15), 16).empty());
  EXPECT_EQ(hash_tokens(counting(16), 16).size(), 1U);
  EXPECT_EQ(hash_tokens(counting(47), 16).size(), 2U);
}

TEST(BlockHash, AChangedTokenChangesItsBlockAndAllAfter) {
  auto tokens = counting(64);
  const auto before = hash_tokens(tokens, 16);
  tokens[20] = 99;
  const auto after = hash_tokens(tokens, 16);
  EXPECT_EQ(before[0], after[0]);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_NE(before[i], after[i]) << i;
  }
}

TEST(BlockHash, SwappedTokensAndSwappedBlocksDiffer) {
  auto tokens = counting(32);
  std::swap(tokens[3], tokens[4]);
  EXPECT_NE(hash_tokens(tokens, 16)[0], hash_tokens(counting(32), 16)[0]);
  tokens = counting(32);
  std::swap_ranges(tokens.begin(), tokens.begin() + 16, tokens.begin() + 16);
  EXPECT_NE(hash_tokens(tokens, 16)[1], hash_tokens(counting(32), 16)[1]);
}

TEST(BlockHash, SaltSeparatesTenants) {
  const auto tokens = counting(64);
  const auto ours = hash_tokens(tokens, 16, 1);
  const auto theirs = hash_tokens(tokens, 16, 2);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NE(ours[i], theirs[i]);
  }
  EXPECT_EQ(ours, hash_tokens(tokens, 16, 1));
}

TEST(BlockHash, DistinctChainsShareNothing) {
  std::set<BlockHash> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const BlockHash hash : distinct_chain(seed, 1155, 16)) {
      EXPECT_TRUE(seen.insert(hash).second);
    }
  }
  EXPECT_EQ(seen.size(), 200U * 72U);
  EXPECT_EQ(distinct_chain(7, 100, 16), distinct_chain(7, 100, 16));
}

TEST(BlockHash, RefinedChainsShareWhatTheCoarseIdsShare) {
  const std::uint64_t a[] = {0, 5, 9};
  const std::uint64_t b[] = {0, 5, 7};
  const auto fine_a = refine_chain(a, 512, 16, 1500);
  const auto fine_b = refine_chain(b, 512, 16, 1500);
  ASSERT_EQ(fine_a.size(), 1500U / 16U);
  for (std::size_t i = 0; i < fine_a.size(); ++i) {
    EXPECT_EQ(fine_a[i] == fine_b[i], i < 64) << i;
  }
  EXPECT_EQ(refine_chain(a, 512, 16, 9999).size(), 96U);  // no more than the ids cover
  EXPECT_EQ(refine_chain(a, 512, 512, 1024).size(), 2U);
}

}  // namespace
}  // namespace penstock::sim
