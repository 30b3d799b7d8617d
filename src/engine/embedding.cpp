#include "engine/embedding.h"

#include <bit>
#include <cmath>

#include "base/base64.h"
#include "base/random.h"

namespace penstock::engine {

std::vector<float> embed(std::span<const TokenId> tokens, std::uint32_t dimensions) {
  std::vector<double> sum(dimensions, 0.0);
  for (const TokenId token : tokens) {
    Random direction(token);
    for (double& value : sum) {
      value += direction.unit() - 0.5;
    }
  }
  double square = 0;
  for (const double value : sum) {
    square += value * value;
  }
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  std::vector<float> out;
  out.reserve(dimensions);
  for (const double value : sum) {
    out.push_back(static_cast<float>(value * scale));
  }
  return out;
}

std::string base64_of(std::span<const float> vector) {
  std::string bytes;
  bytes.reserve(vector.size() * 4);
  for (const float value : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>((bits >> shift) & 0xffU);
    }
  }
  return base64_encode(bytes);
}

}  // namespace penstock::engine
