#include "sim/engine_model/block_hash.h"

#include <algorithm>

namespace penstock::sim {
namespace {

/// The finaliser of splitmix64: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

BlockHash root(std::uint64_t salt) {
  return salt == 0 ? kChainRoot : mix(kChainRoot ^ mix(salt));
}

}  // namespace

BlockHash chain_block(BlockHash previous, std::uint64_t content) {
  return mix(previous * 0x2545f4914f6cdd1dU + mix(content + kChainRoot));
}

std::vector<BlockHash> hash_tokens(std::span<const std::uint32_t> tokens, std::uint32_t block_size,
                                   std::uint64_t salt) {
  std::vector<BlockHash> chain;
  chain.reserve(tokens.size() / block_size);
  BlockHash previous = root(salt);
  for (std::size_t at = 0; at + block_size <= tokens.size(); at += block_size) {
    std::uint64_t content = 0;
    for (const std::uint32_t token : tokens.subspan(at, block_size)) {
      content = mix(content * 31 + token + 1);
    }
    previous = chain_block(previous, content);
    chain.push_back(previous);
  }
  return chain;
}

std::vector<BlockHash> distinct_chain(std::uint64_t seed, std::uint32_t tokens,
                                      std::uint32_t block_size) {
  std::vector<BlockHash> chain(tokens / block_size);
  BlockHash previous = chain_block(kChainRoot, mix(seed + 1));
  for (BlockHash& hash : chain) {
    previous = chain_block(previous, seed);
    hash = previous;
  }
  return chain;
}

std::vector<BlockHash> refine_chain(std::span<const std::uint64_t> coarse_ids,
                                    std::uint32_t coarse_size, std::uint32_t fine_size,
                                    std::uint32_t tokens) {
  const std::size_t per_coarse = coarse_size / fine_size;
  const std::size_t count =
      std::min<std::size_t>(tokens / fine_size, coarse_ids.size() * per_coarse);
  std::vector<BlockHash> chain(count);
  BlockHash previous = kChainRoot;
  for (std::size_t i = 0; i < count; ++i) {
    previous = chain_block(previous, coarse_ids[i / per_coarse]);
    chain[i] = previous;
  }
  return chain;
}

}  // namespace penstock::sim
