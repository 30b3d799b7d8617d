#pragma once
// Models and accelerators that are public knowledge, in the planner's terms. Figures of models are
// from their config.json and the parameter counts of their cards.

#include <string>
#include <vector>

#include "scaling/planner/plan.h"

namespace penstock::scaling::planner {

struct Known {
  ModelShape shape;
  std::uint64_t longest = 0;  ///< context that the model was made for
};

inline ModelShape dense(std::uint64_t millions, std::uint64_t layers, std::uint64_t hidden,
                        std::uint64_t heads, std::uint64_t kv_heads, std::uint64_t head_dim,
                        std::uint64_t vocabulary) {
  ModelShape out;
  out.parameters = millions * 1'000'000;
  out.layers = layers;
  out.hidden_size = hidden;
  out.attention_heads = heads;
  out.kv_heads = kv_heads;
  out.head_dim = head_dim;
  out.vocabulary = vocabulary;
  return out;
}

inline const Known kLlama8B{dense(8'030, 32, 4096, 32, 8, 128, 128'256), 131'072};
inline const Known kLlama70B{dense(70'554, 80, 8192, 64, 8, 128, 128'256), 131'072};
inline const Known kLlama405B{dense(405'853, 126, 16'384, 128, 8, 128, 128'256), 131'072};
inline const Known kQwen32B{dense(32'762, 64, 5120, 64, 8, 128, 151'936), 40'960};
inline const Known kMixtral{dense(46'703, 32, 4096, 32, 8, 128, 32'000), 32'768};
inline const Known kPhi3Mini{dense(3'821, 32, 3072, 32, 32, 96, 32'064), 131'072};
inline const Known kDeepSeekR1{[] {
                                 ModelShape out = dense(671'026, 61, 7168, 128, 128, 128, 129'280);
                                 out.active_parameters = 37'000'000'000;
                                 out.latent_dim = 512 + 64;
                                 out.weight_bits = 8;
                                 return out;
                               }(),
                               163'840};

inline ModelShape with_bits(ModelShape shape, std::uint64_t bits) {
  shape.weight_bits = bits;
  return shape;
}

inline Hardware hardware(std::string name, std::uint64_t mib, std::uint64_t per_node,
                         std::uint64_t domain = 0) {
  Hardware out;
  out.name = std::move(name);
  out.memory = mib * kMiB;
  out.per_node = per_node;
  out.domain = domain;
  return out;
}

// As in charts/penstock/files/acceleratorprofiles.yaml.
inline const Hardware kA100 = hardware("a100", 81'050, 8, 8);
inline const Hardware kH100 = hardware("h100", 80'998, 8, 8);
inline const Hardware kH200 = hardware("h200", 143'073, 8, 8);
inline const Hardware kMI300X = hardware("mi300x", 196'592, 8, 8);
inline const Hardware kL40S = hardware("l40s", 45'455, 4);
inline const Hardware kL4 = hardware("l4", 22'476, 4);
inline const Hardware kA10 = hardware("a10", 22'476, 2);
inline const Hardware kT4 = hardware("t4", 14'909, 4);

inline std::vector<Hardware> all_hardware() {
  return {kA100, kH100, kH200, kMI300X, kL40S, kL4, kA10, kT4};
}

inline Wish wish_for(const ModelShape& shape, std::uint64_t context) {
  Wish out;
  out.model = "m";
  out.shape = shape;
  out.context = context;
  out.context_given = true;
  return out;
}

}  // namespace penstock::scaling::planner
