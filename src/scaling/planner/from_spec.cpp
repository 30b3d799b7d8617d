#include "scaling/planner/from_spec.h"

#include <algorithm>

namespace penstock::scaling::planner {
namespace {

namespace md = crd::model_deployment;

constexpr std::uint64_t kMillion = 1'000'000;

/// The schema allows no negative number; a server that lets one through must not make it huge.
std::uint64_t count(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

template <class Number>
std::uint64_t count(const std::optional<Number>& value) {
  return count(std::int64_t{value.value_or(0)});
}

}  // namespace

ModelShape shape_of(const md::Architecture& from) {
  ModelShape out;
  out.parameters = count(from.parameters_millions) * kMillion;
  out.active_parameters = count(from.active_parameters_millions) * kMillion;
  out.layers = count(from.layers);
  out.hidden_size = count(from.hidden_size);
  out.attention_heads = count(from.attention_heads);
  out.kv_heads = count(from.kv_heads);
  out.head_dim = count(from.head_dim);
  out.latent_dim = count(from.kv_latent_dim);
  out.window = count(from.sliding_window);
  out.window_layers = from.sliding_window_layers ? count(from.sliding_window_layers) : out.layers;
  out.vocabulary = count(from.vocabulary_size);
  out.tied_embeddings = from.tied_embeddings;
  out.weight_bits = count(from.weight_bits);
  out.kv_bits = count(from.kv_cache_bits);
  return out;
}

Wish wish_of(const md::Model& model, const md::Engine& engine) {
  Wish out;
  out.model = model.name;
  if (model.architecture) {
    out.shape = shape_of(*model.architecture);
  }
  if (model.context_length) {
    out.context = std::max<std::uint64_t>(count(model.context_length), 1);
    out.context_given = true;
  }
  if (engine.concurrency) {
    out.concurrency = std::max<std::uint64_t>(count(engine.concurrency), 1);
  }
  if (engine.accelerator) {
    out.count = count(engine.accelerator->count);
  }
  if (engine.parallelism) {
    out.tensor = count(engine.parallelism->tensor);
    out.pipeline = std::max<std::uint64_t>(count(engine.parallelism->pipeline), 1);
  }
  return out;
}

Hardware hardware_of(const crd::AcceleratorProfile& profile) {
  Hardware out;
  out.name = profile.metadata.name;
  out.cpu = profile.spec.vendor == crd::accelerator_profile::SpecVendor::kCPU;
  out.memory = count(profile.spec.memory_bytes);
  out.per_node = std::max<std::uint64_t>(count(profile.spec.per_node), 1);
  if (profile.spec.fabric) {
    out.domain = count(profile.spec.fabric->domain_size);
  }
  if (profile.spec.hourly_price_micro_usd) {
    out.hourly_micro_usd = count(*profile.spec.hourly_price_micro_usd);
  }
  return out;
}

}  // namespace penstock::scaling::planner
