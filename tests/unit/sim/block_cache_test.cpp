#include "sim/engine_model/block_cache.h"

#include <algorithm>
#include <list>
#include <map>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/unit/sim/property.h"

namespace penstock::sim {
namespace {

TEST(BlockCache, TakesTheLeastRecentlyFreedBlock) {
  BlockCache cache(3);
  const BlockId a = cache.take();
  const BlockId b = cache.take();
  cache.release(b);
  cache.release(a);
  EXPECT_EQ(cache.free(), 3U);
  EXPECT_EQ(cache.take(), 2U);  // never used before: first in the list
  EXPECT_EQ(cache.take(), b);
  EXPECT_EQ(cache.take(), a);
  EXPECT_EQ(cache.free(), 0U);
  EXPECT_TRUE(cache.consistent());
}

TEST(BlockCache, AFreedBlockServesItsPrefixUntilReused) {
  BlockCache cache(2);
  const BlockId block = cache.take();
  cache.publish(block, 42);
  cache.release(block);
  EXPECT_EQ(cache.find(42), block);
  EXPECT_TRUE(cache.is_free(block));
  cache.share(block);
  EXPECT_FALSE(cache.is_free(block));
  EXPECT_EQ(cache.free(), 1U);
  cache.release(block);
  EXPECT_NE(cache.take(), block);
  EXPECT_EQ(cache.find(42), block);
  EXPECT_EQ(cache.take(), block);
  EXPECT_EQ(cache.find(42), std::nullopt);
  EXPECT_EQ(cache.evictions(), 1U);
  EXPECT_TRUE(cache.consistent());
}

TEST(BlockCache, SharedBlocksAreFreedWithTheLastHolder) {
  BlockCache cache(1);
  const BlockId block = cache.take();
  cache.publish(block, 7);
  cache.share(block);
  cache.release(block);
  EXPECT_EQ(cache.free(), 0U);
  cache.release(block);
  EXPECT_EQ(cache.free(), 1U);
}

TEST(BlockCache, ASecondBlockOfTheSameHashStaysAnonymous) {
  BlockCache cache(2);
  const BlockId first = cache.take();
  const BlockId second = cache.take();
  cache.publish(first, 9);
  cache.publish(second, 9);
  EXPECT_EQ(cache.find(9), first);
  EXPECT_EQ(cache.cached(), 1U);
  EXPECT_TRUE(cache.consistent());
}

TEST(BlockCache, ForgetFreeKeepsWhatIsHeld) {
  BlockCache cache(2);
  const BlockId held = cache.take();
  const BlockId freed = cache.take();
  cache.publish(held, 1);
  cache.publish(freed, 2);
  cache.release(freed);
  cache.forget_free();
  EXPECT_EQ(cache.find(1), held);
  EXPECT_EQ(cache.find(2), std::nullopt);
  EXPECT_EQ(cache.evictions(), 0U);
  EXPECT_TRUE(cache.consistent());
}

/// The same rules with a list and a map.
struct PlainCache {
  std::list<BlockId> free;
  std::map<BlockId, std::uint32_t> references;
  std::map<BlockHash, BlockId> known;

  explicit PlainCache(std::uint32_t blocks) {
    for (BlockId block = 0; block < blocks; ++block) {
      free.push_back(block);
    }
  }
  BlockId take() {
    const BlockId block = free.front();
    free.pop_front();
    std::erase_if(known, [&](const auto& entry) { return entry.second == block; });
    references[block] = 1;
    return block;
  }
};

enum class Op : std::uint8_t { kTake, kFindAndShare, kPublish, kRelease, kForget };
using Step = std::tuple<Op, std::uint32_t>;

rc::Gen<std::vector<Step>> steps() {
  // Hashes that collide in the table's low bits are likely, and so is publishing the same one
  // twice.
  return rc::gen::container<std::vector<Step>>(
      rc::gen::tuple(rc::gen::weightedElement<Op>({{6, Op::kTake},
                                                   {4, Op::kFindAndShare},
                                                   {6, Op::kPublish},
                                                   {7, Op::kRelease},
                                                   {1, Op::kForget}}),
                     rc::gen::inRange<std::uint32_t>(0, 24)));
}

RC_GTEST_PROP(BlockCacheProperty, BehavesLikeAListAndAMap, ()) {
  const auto blocks = *rc::gen::inRange<std::uint32_t>(1, 12);
  BlockCache cache(blocks);
  PlainCache plain(blocks);
  std::vector<BlockId> held;
  for (const auto& [op, number] : *steps()) {
    const BlockHash hash = (std::uint64_t{number} % 12) << (number % 2 == 0 ? 32U : 3U);
    switch (op) {
      case Op::kTake:
        if (!plain.free.empty()) {
          held.push_back(plain.take());
          RC_ASSERT(cache.take() == held.back());
        }
        break;
      case Op::kFindAndShare: {
        const auto found = cache.find(hash);
        const auto expected = plain.known.find(hash);
        RC_ASSERT(found.has_value() == (expected != plain.known.end()));
        if (found) {
          RC_ASSERT(*found == expected->second);
          cache.share(*found);
          plain.free.remove(*found);
          ++plain.references[*found];
          held.push_back(*found);
        }
        break;
      }
      case Op::kPublish:
        if (!held.empty()) {
          const BlockId block = held[number % held.size()];
          cache.publish(block, hash);
          const bool named =
              std::ranges::any_of(plain.known, [&](const auto& e) { return e.second == block; });
          if (!named) {
            plain.known.emplace(hash, block);
          }
        }
        break;
      case Op::kRelease:
        if (!held.empty()) {
          const auto at = held.begin() + static_cast<std::ptrdiff_t>(number % held.size());
          const BlockId block = *at;
          held.erase(at);
          cache.release(block);
          if (--plain.references[block] == 0) {
            plain.free.push_back(block);
          }
        }
        break;
      case Op::kForget:
        cache.forget_free();
        std::erase_if(plain.known, [&](const auto& e) { return plain.references[e.second] == 0; });
        break;
    }
    RC_ASSERT(cache.free() == plain.free.size());
    RC_ASSERT(cache.cached() == plain.known.size());
    RC_ASSERT(cache.consistent());
  }
}

TEST(BlockCache, CountedBlocksAreANumber) {
  BlockCache cache(10, BlockCache::Blocks::kCounted);
  EXPECT_EQ(cache.total(), 10U);
  cache.take_counted(7);
  EXPECT_EQ(cache.free(), 3U);
  EXPECT_EQ(cache.used(), 7U);
  EXPECT_TRUE(cache.consistent());
  cache.release_counted(7);
  EXPECT_EQ(cache.free(), 10U);
  cache.release_counted(1);
  EXPECT_FALSE(cache.consistent());
}

}  // namespace
}  // namespace penstock::sim
