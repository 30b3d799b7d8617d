#include "sim/engine_model/slot_heap.h"

#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/sim/property.h"

namespace penstock::sim {
namespace {

TEST(SlotHeap, GivesTheSmallestKeyFirst) {
  SlotHeap<int> heap;
  heap.push(3, 30);
  heap.push(1, 10);
  heap.push(2, 20);
  EXPECT_EQ(heap.top(), 1U);
  EXPECT_EQ(heap.top_key(), 10);
  heap.erase(1);
  EXPECT_FALSE(heap.contains(1));
  EXPECT_EQ(heap.top(), 2U);
  heap.pop();
  EXPECT_EQ(heap.top(), 3U);
  heap.pop();
  EXPECT_TRUE(heap.empty());
}

RC_GTEST_PROP(SlotHeapProperty, BehavesLikeASortedSet,
              (const std::vector<std::pair<std::uint8_t, int>>& steps)) {
  SlotHeap<std::pair<int, std::uint32_t>> heap;
  std::set<std::pair<int, std::uint32_t>> plain;
  for (const auto& [number, key] : steps) {
    const std::uint32_t slot = number % 32;
    const auto held =
        std::find_if(plain.begin(), plain.end(), [&](const auto& e) { return e.second == slot; });
    if (held != plain.end()) {
      heap.erase(slot);
      plain.erase(held);
    } else {
      heap.push(slot, {key, slot});
      plain.emplace(key, slot);
    }
    RC_ASSERT(heap.size() == plain.size());

    if (!plain.empty()) {
      RC_ASSERT(heap.top() == plain.begin()->second);
      RC_ASSERT(heap.top_key() == *plain.begin());
    }
  }
}

}  // namespace
}  // namespace penstock::sim
