#include "engine/embedding.h"

#include <bit>
#include <cmath>

#include "base/random.h"

namespace penstock::engine {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::span<const unsigned char> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8U) | (k < have ? bytes[i + k] : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= have ? kAlphabet[(group >> (18 - 6 * k)) & 63U] : '=';
    }
  }
  return out;
}

}  // namespace

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
  std::vector<unsigned char> bytes;
  bytes.reserve(vector.size() * 4);
  for (const float value : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<unsigned char>((bits >> shift) & 0xffU));
    }
  }
  return base64(bytes);
}

}  // namespace penstock::engine
