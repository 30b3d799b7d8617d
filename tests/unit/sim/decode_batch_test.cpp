#include "sim/engine_model/decode_batch.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "tests/unit/sim/property.h"

namespace penstock::sim {
namespace {

std::vector<std::uint32_t> sorted(std::span<const DecodeBatch::Needy> members) {
  std::vector<std::uint32_t> copy;
  for (const auto& member : members) {
    copy.push_back(member.slot);
  }
  std::ranges::sort(copy);
  return copy;
}

TEST(DecodeBatch, AMemberNeedsABlockWhenItsLastOneIsFull) {
  DecodeBatch batch(4);
  batch.add(0, {.from = 10, .computed = 7, .steps = 9});
  EXPECT_TRUE(batch.needing_block(10).empty());           // 7 of 8
  EXPECT_EQ(sorted(batch.needing_block(11)).size(), 1U);  // 8 of 8
  EXPECT_TRUE(batch.needing_block(12).empty());
  EXPECT_EQ(sorted(batch.needing_block(15)).size(), 1U);
}

TEST(DecodeBatch, ContextGrowsByOnePerMemberAndIteration) {
  DecodeBatch batch(16);
  batch.add(0, {.from = 5, .computed = 100, .steps = 50});
  batch.add(1, {.from = 5, .computed = 10, .steps = 50});
  EXPECT_EQ(batch.context(5), 101U + 11U);
  EXPECT_EQ(batch.context(6), 102U + 12U);
  batch.remove(0);
  EXPECT_EQ(batch.context(6), 12U);
}

TEST(DecodeBatch, FinishesInOrderOfIterationThenArrival) {
  DecodeBatch batch(16);
  batch.add(0, {.from = 1, .computed = 1, .steps = 3, .key = {0, 9}});
  batch.add(1, {.from = 2, .computed = 1, .steps = 2, .key = {0, 4}});
  batch.add(2, {.from = 1, .computed = 1, .steps = 1, .key = {0, 99}});
  EXPECT_FALSE(batch.finishes_by(0));
  EXPECT_TRUE(batch.finishes_by(1));
  EXPECT_EQ(batch.first_to_finish(), 2U);
  batch.remove(2);
  EXPECT_FALSE(batch.finishes_by(2));
  EXPECT_TRUE(batch.finishes_by(3));
  EXPECT_EQ(batch.first_to_finish(), 1U);
}

RC_GTEST_PROP(DecodeBatchProperty, EqualsCountingMemberByMember,
              (const std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>& steps)) {
  const auto block_size = *rc::gen::inRange<std::uint32_t>(1, 9);
  DecodeBatch batch(block_size);
  std::map<std::uint32_t, DecodeBatch::Member> plain;
  std::uint64_t iteration = *rc::gen::inRange<std::uint64_t>(0, 100);
  for (const auto& [number, computed, length] : steps) {
    const std::uint32_t slot = number % 16;
    if (plain.contains(slot)) {
      batch.remove(slot);
      plain.erase(slot);
    } else {
      const DecodeBatch::Member member{
          .from = iteration, .computed = computed, .steps = length % 20U + 1U, .key = {0, number}};
      batch.add(slot, member);
      plain.emplace(slot, member);
    }
    iteration += number % 3;
    std::uint64_t context = 0;
    std::vector<std::uint32_t> needing;
    bool finishing = false;
    for (const auto& [held, member] : plain) {
      const std::uint64_t kv = member.computed + iteration - member.from;
      context += kv + 1;
      if (kv % block_size == 0) {
        needing.push_back(held);
      }
      finishing = finishing || member.from + member.steps - 1 <= iteration;
    }
    RC_ASSERT(std::ranges::is_sorted(batch.needing_block(iteration), {}, &DecodeBatch::Needy::key));
    RC_ASSERT(batch.size() == plain.size());
    RC_ASSERT(batch.context(iteration) == context);
    RC_ASSERT(sorted(batch.needing_block(iteration)) == needing);
    RC_ASSERT(batch.finishes_by(iteration) == finishing);
  }
}

}  // namespace
}  // namespace penstock::sim
