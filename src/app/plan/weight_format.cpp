#include "app/plan/weight_format.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace penstock::app::plan {
namespace {

constexpr std::uint64_t kUsual = 16;
constexpr std::uint64_t kHalf = 8;
constexpr std::uint64_t kQuarter = 4;

/// compressed-tensors: groups of layers with their bits; the largest counts.
std::uint64_t bits_of_groups(ConfigFields& quantization) {
  const json::Value* groups = quantization.member("config_groups");
  std::uint64_t bits = 0;
  if (groups != nullptr && groups->is_object()) {
    for (const auto& [name, group] : groups->items()) {
      ConfigFields one(group);
      const json::Value* weights = group.is_object() ? one.member("weights") : nullptr;
      if (weights != nullptr && weights->is_object()) {
        ConfigFields format(*weights);
        bits = std::max(bits, format.number("num_bits", kUsual));
        if (const auto good = format.check(); !good) {
          quantization.complain("config_groups." + name + ".weights: " + good.error().message());
        }
      }
    }
  }
  if (bits == 0) {
    quantization.complain("there is no \"config_groups\" with \"weights\"");
  }
  return bits;
}

std::uint64_t bits_of(ConfigFields& quantization) {
  const std::string method = quantization.word_or_none("quant_method");
  if (method == "fp8" || method == "fbgemm_fp8") {
    return kHalf;
  }
  if (method == "awq" || method == "gptq") {
    return quantization.number("bits", kUsual);
  }
  if (method == "compressed-tensors") {
    return bits_of_groups(quantization);
  }
  if (method == "bitsandbytes") {
    return quantization.flag_or("load_in_4bit", false) ? kQuarter : kHalf;
  }
  quantization.complain(fmt::format(
      "\"quant_method\" {} is not known; known are fp8, fbgemm_fp8, awq, gptq, "
      "compressed-tensors, bitsandbytes: give model.architecture with weightBits instead",
      method.empty() ? "(none)" : method));
  return kUsual;
}

}  // namespace

std::uint64_t weight_bits(ConfigFields& config) {
  if (const json::Value* quantization = config.member("quantization_config")) {
    if (!quantization->is_object()) {
      config.complain("\"quantization_config\" is no object");
      return kUsual;
    }
    ConfigFields inner(*quantization);
    const std::uint64_t bits = bits_of(inner);
    if (const auto good = inner.check(); !good) {
      config.complain("quantization_config: " + good.error().message());
    }
    return bits;
  }
  const std::string named = config.word_or_none("torch_dtype");
  const std::string type = named.empty() ? config.word_or_none("dtype") : named;
  return type.starts_with("float8") ? kHalf : kUsual;
}

}  // namespace penstock::app::plan
