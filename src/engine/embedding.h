#pragma once
// Vectors for texts: texts that share tokens point the same way, so that similarity search has
// something to find. Knows tokens; must not know the API.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/tokenizer.h"

namespace penstock::engine {

/// Of length 1: the sum of one fixed pseudo-random vector per token. Cost: tokens × dimensions ns.
[[nodiscard]] std::vector<float> embed(std::span<const TokenId> tokens, std::uint32_t dimensions);

/// Little-endian floats in base64, which is what official clients ask for by default.
[[nodiscard]] std::string base64_of(std::span<const float> vector);

}  // namespace penstock::engine
