#pragma once
// A model's config.json, as the Hugging Face hub keeps it beside the weights, as the planner's
// shape: parameters are counted from the layers' sizes. Pure; the file comes from anywhere and is
// not believed.
//
// Families: llama, mistral, qwen2, qwen3, phi3; mixtral and qwen3_moe with experts; deepseek_v3
// with experts and a compressed KV cache.

#include <cstdint>

#include "base/result.h"
#include "json/value.h"
#include "scaling/planner/model_shape.h"

namespace penstock::app::plan {

struct ModelConfig {
  scaling::planner::ModelShape shape;
  std::uint64_t longest_context = 0;  ///< max_position_embeddings
};

/// Error kInvalid names the key, what stands there and what belongs there.
[[nodiscard]] Result<ModelConfig> model_config(const json::Value& config);

}  // namespace penstock::app::plan
