#pragma once
// Chained hashes of token blocks: equal hash at position i means an equal prefix of (i+1) blocks,
// which is what a prefix cache shares. Knows tokens and seeds; must not know caches or requests.
//
//   const auto chain = hash_tokens(tokens, 16);             // full blocks only: tokens.size() / 16
//   hashes const auto again = distinct_chain(request_seed, 1155, 16);  // a prompt nobody shares
//   const auto fine = refine_chain(mooncake_ids, 512, 16, 6909);

#include <cstdint>
#include <span>
#include <vector>

namespace penstock::sim {

using BlockHash = std::uint64_t;

/// The root of every chain. A salt (tenant, LoRA adapter) starts another family that shares nothing
/// with it.
inline constexpr BlockHash kChainRoot = 0x9e3779b97f4a7c15U;

/// The hash of a block given the one before it.
[[nodiscard]] BlockHash chain_block(BlockHash previous, std::uint64_t content);

/// Hashes of the full blocks of a token sequence; a last partial block has none. `salt` separates
/// tenants.
[[nodiscard]] std::vector<BlockHash> hash_tokens(std::span<const std::uint32_t> tokens,
                                                 std::uint32_t block_size, std::uint64_t salt = 0);

/// A chain that only the same seed gives again.
[[nodiscard]] std::vector<BlockHash> distinct_chain(std::uint64_t seed, std::uint32_t tokens,
                                                    std::uint32_t block_size);

/// A trace lists the content id of each coarse block (512 tokens); an engine caches fine ones (16).
/// Gives the fine chain of the first `tokens` tokens. `coarse_size` is a multiple of `fine_size`.
[[nodiscard]] std::vector<BlockHash> refine_chain(std::span<const std::uint64_t> coarse_ids,
                                                  std::uint32_t coarse_size,
                                                  std::uint32_t fine_size, std::uint32_t tokens);

}  // namespace penstock::sim
