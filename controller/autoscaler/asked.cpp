#include "controller/autoscaler/asked.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace penstock::controller::autoscaler {
namespace {

namespace md = crd::model_deployment;

/// Data sheet figures of one accelerator, found by a part of its profile's name. More telling parts
/// come first.
struct Chip {
  std::string_view name;
  double flops;  ///< dense BF16 (FP16 where there is none)
  double bytes_per_second;
};
constexpr std::array kChips{Chip{"mi300", 1.307e15, 5.3e12}, Chip{"b200", 2.25e15, 8.0e12},
                            Chip{"h200", 0.99e15, 4.8e12},   Chip{"h100", 0.99e15, 3.35e12},
                            Chip{"a100", 0.312e15, 2.0e12},  Chip{"l40s", 0.362e15, 0.864e12},
                            Chip{"a10", 0.125e15, 0.6e12},   Chip{"l4", 0.121e15, 0.3e12},
                            Chip{"t4", 0.065e15, 0.32e12}};

/// Of others: their memory is read so often in a second, and so many operations go with each byte.
constexpr double kReadsPerSecond = 25;
constexpr double kOperationsPerByte = 150;

// A model and an accelerator about which nothing is known: the commonest of both.
constexpr double kUnknownParameters = 8e9;
constexpr double kUnknownMemory = 80e9;
constexpr std::string_view kUnknownChip = "a100";

/// Figures of a profile are measured at about this time per token; this share of it is not
/// decoding.
constexpr double kHintTokenSeconds = 0.05;
constexpr double kHintFixedShare = 0.4;

const crd::AcceleratorProfile* find(std::span<const crd::AcceleratorProfile> profiles,
                                    std::string_view name) {
  const auto found = std::ranges::find_if(
      profiles, [&](const auto& profile) { return profile.metadata.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

Chip chip_of(std::string_view profile, double memory) {
  std::string name(profile);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& chip : kChips) {
    if (name.find(chip.name) != std::string::npos) {
      return chip;
    }
  }
  const double bytes = memory * kReadsPerSecond;
  return {"", bytes * kOperationsPerByte, bytes};
}

scaling::HardwareShape shape_of(const crd::ModelDeployment& object,
                                const crd::AcceleratorProfile* profile, double accelerators) {
  scaling::HardwareShape out;
  const auto& architecture = object.spec.model.architecture;
  const auto& plan = object.status.plan;
  out.parameters = architecture ? static_cast<double>(architecture->parameters_millions) * 1e6
                                : kUnknownParameters;
  out.weight_bytes = plan && plan->weights_bytes
                         ? static_cast<double>(*plan->weights_bytes)
                         : out.parameters * (architecture ? architecture->weight_bits : 16) / 8;
  if (architecture && architecture->layers && architecture->kv_heads && architecture->head_dim) {
    out.kv_bytes_per_token = 2.0 * *architecture->layers * *architecture->kv_heads *
                             *architecture->head_dim * architecture->kv_cache_bits / 8;
  }
  const double memory =
      profile != nullptr ? static_cast<double>(profile->spec.memory_bytes) : kUnknownMemory;
  const Chip chip = chip_of(profile != nullptr ? profile->metadata.name : kUnknownChip, memory);
  out.flops = chip.flops * accelerators;
  out.bytes_per_second = chip.bytes_per_second * accelerators;
  out.memory_bytes = memory * accelerators;
  return out;
}

/// The profile's own figures for the model, where it has some.
void take_hint(const crd::AcceleratorProfile& profile, const std::string& model,
               double accelerators, scaling::EngineTimes& times) {
  const auto hint = std::ranges::find_if(profile.spec.throughput,
                                         [&](const auto& known) { return known.model == model; });
  if (hint == profile.spec.throughput.end()) {
    return;
  }
  const double scale = accelerators / std::max(hint->accelerators, 1);
  if (hint->prefill_tokens_per_second) {
    times.prefill = 1 / (static_cast<double>(*hint->prefill_tokens_per_second) * scale);
  }
  if (hint->decode_tokens_per_second) {
    const double rate = static_cast<double>(*hint->decode_tokens_per_second) * scale;
    times.iteration = kHintTokenSeconds * kHintFixedShare;
    times.decode = (1 - kHintFixedShare) / rate;
  }
}

}  // namespace

scaling::CapacityPrior capacity_prior(const crd::ModelDeployment& object,
                                      std::span<const crd::AcceleratorProfile> profiles) {
  const auto& engine = *object.spec.engine;
  const auto& plan = object.status.plan;
  const crd::AcceleratorProfile* profile =
      engine.accelerator ? find(profiles, engine.accelerator->profile) : nullptr;
  double accelerators = 1;
  if (plan && plan->gpus_per_replica && *plan->gpus_per_replica > 0) {
    accelerators = *plan->gpus_per_replica;
  } else if (engine.accelerator && engine.accelerator->count > 0) {
    accelerators = engine.accelerator->count;
  }
  auto prior = scaling::guess_capacity(shape_of(object, profile, accelerators));
  if (profile != nullptr) {
    take_hint(*profile, object.spec.model.name, accelerators, prior.times);
  }
  if (plan && plan->kv_cache_tokens && *plan->kv_cache_tokens > 0) {
    prior.limits.kv_tokens = static_cast<double>(*plan->kv_cache_tokens);
  } else if (profile == nullptr || !object.spec.model.architecture) {
    prior.limits.kv_tokens = 0;  // a guess of a guess must not bind; engines tell it
  }
  return prior;
}

Asked read_asked(const crd::ModelDeployment& object,
                 std::span<const crd::AcceleratorProfile> profiles) {
  const auto& spec = object.spec;
  Asked out;
  out.configured = spec.scaling.has_value();
  out.settings = scaling::settings_from(spec.scaling.value_or(md::Scaling{}),
                                        capacity_prior(object, profiles));
  if (spec.scaling && spec.scaling->behavior && spec.scaling->behavior->sleep_after) {
    out.settings.sleep_after =
        std::max(*spec.scaling->behavior->sleep_after, out.settings.stabilization);
  }
  if (spec.replicas) {
    out.fixed = std::max(*spec.replicas, 0);
  }
  out.generation = object.metadata.generation;
  out.port = spec.engine->port;
  out.metrics_path = spec.engine->metrics_path;
  out.engine = spec.engine->type.value();
  return out;
}

}  // namespace penstock::controller::autoscaler
