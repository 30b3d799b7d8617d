#include "scaling/planner/memory.h"

#include <gtest/gtest.h>

#include "known_models.h"

namespace penstock::scaling::planner {
namespace {

double gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kGiB);
}

// Hugging Face's announcement of Llama 3.1 (July 2024), table of KV cache sizes at 16 bits:
// 8B 15.62 GiB and 70B 39.06 GiB at 128k tokens (128,000 of them).
TEST(Memory, KvCacheOfLlamaIsAsPublished) {
  EXPECT_NEAR(gib(kv_bytes_per_token(kLlama8B.shape) * 128'000), 15.62, 0.01);
  EXPECT_NEAR(gib(kv_bytes_per_token(kLlama70B.shape) * 128'000), 39.06, 0.01);
}

// DeepSeek-V2's report counts 576 values a token and layer for its latent attention; V3 and R1 have
// 61 layers: 70,272 bytes at 16 bits.
TEST(Memory, LatentKvCacheIsHeldByEveryAccelerator) {
  EXPECT_EQ(kv_bytes_per_token(kDeepSeekR1.shape), 70'272U);
  EXPECT_EQ(share_of(kDeepSeekR1.shape, {8, 1}, 1).kv_per_token, 70'272U);
  EXPECT_EQ(share_of(kDeepSeekR1.shape, {8, 2}, 1).kv_per_token, 70'272U / 61 * 31);
}

TEST(Memory, KvHeadsAreDividedThenReplicated) {
  const std::uint64_t whole = kv_bytes_per_token(kLlama70B.shape);
  EXPECT_EQ(share_of(kLlama70B.shape, {4, 1}, 1).kv_per_token, whole / 4);
  EXPECT_EQ(share_of(kLlama70B.shape, {8, 1}, 1).kv_per_token, whole / 8);
  EXPECT_EQ(share_of(kLlama70B.shape, {16, 1}, 1).kv_per_token, whole / 8);
  EXPECT_EQ(share_of(kLlama70B.shape, {4, 2}, 1).kv_per_token, whole / 8);
}

// Sizes of checkpoints on the hub: Llama-3.1-8B-Instruct 16.06 GB in BF16; its AWQ INT4 version
// 5.73 GB, because the embeddings are not quantized.
TEST(Memory, EmbeddingsOfAQuantizedModelStayAtSixteenBits) {
  constexpr double kGB = 1e9;
  EXPECT_NEAR(static_cast<double>(weight_bytes(kLlama8B.shape)) / kGB, 16.06, 0.5);
  EXPECT_NEAR(static_cast<double>(weight_bytes(with_bits(kLlama8B.shape, 4))) / kGB, 5.73, 0.3);
  ModelShape tied = with_bits(kLlama8B.shape, 4);
  tied.tied_embeddings = true;
  EXPECT_LT(weight_bytes(tied), weight_bytes(with_bits(kLlama8B.shape, 4)));
}

TEST(Memory, WindowsBoundACallAndNotTheCache) {
  ModelShape shape = kPhi3Mini.shape;
  const Share without = share_of(shape, {}, 8192);
  shape.window = 2048;
  shape.window_layers = shape.layers;
  const Share with = share_of(shape, {}, 8192);
  EXPECT_EQ(with.kv_per_token, without.kv_per_token);
  EXPECT_EQ(with.kv_per_call, without.kv_per_call / 4);
  shape.window_layers = shape.layers / 2;
  EXPECT_EQ(share_of(shape, {}, 8192).kv_per_call, without.kv_per_call / 8 * 5);
  EXPECT_EQ(share_of(shape, {}, 1024).kv_per_call, without.kv_per_token * 1024);
}

TEST(Memory, NothingWraps) {
  ModelShape shape = dense(1, 1, 1, 1, 1, 1, 1);
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 60U;
  shape.parameters = shape.layers = shape.hidden_size = shape.kv_heads = shape.head_dim = kHuge;
  shape.vocabulary = shape.weight_bits = shape.kv_bits = kHuge;
  const Share share = share_of(shape, {1, 1}, kHuge);
  EXPECT_GE(share.weights, kHuge);
  EXPECT_EQ(share.engine, kTooMany);
  EXPECT_GE(share.kv_per_token, kHuge);
  EXPECT_EQ(share.kv_per_call, kTooMany);
}

}  // namespace
}  // namespace penstock::scaling::planner
