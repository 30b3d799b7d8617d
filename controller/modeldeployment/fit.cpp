#include "controller/modeldeployment/fit.h"

#include <algorithm>
#include <bit>

#include "controller/modeldeployment/reasons.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;
namespace ap = crd::accelerator_profile;

constexpr std::int64_t kGiB = std::int64_t{1} << 30U;
constexpr std::int64_t kEngineOverhead = 2 * kGiB;
constexpr std::int64_t kDefaultContext = 8192;

/// What n accelerators of the profile can hold of weights and KV cache.
std::int64_t usable_bytes(const ap::Spec& profile, std::int32_t count) {
  const std::int64_t each = profile.memory_bytes / 10 * 9 - kEngineOverhead;
  return std::max<std::int64_t>(each, 0) * count;
}

struct Need {
  std::int64_t weights = 0;
  std::int64_t kv_per_token = 0;  ///< 0: unknown
  std::int64_t context = kDefaultContext;

  [[nodiscard]] std::int64_t total() const { return weights + kv_per_token * context; }
};

Need need_of(const md::Model& model) {
  const auto& shape = *model.architecture;
  Need need;
  const std::int64_t bits = shape.parameters_millions * 1'000'000 * shape.weight_bits;
  need.weights = bits / 8 / 50 * 51;  // 2 % for scales, buffers and padding
  need.kv_per_token = kv_bytes_per_token(shape).value_or(0);
  need.context = model.context_length.value_or(kDefaultContext);
  return need;
}

/// The smallest power of two up to one node that is enough; absent when a node is not.
std::optional<std::int32_t> smallest_count(const ap::Spec& profile, const Need& need) {
  for (std::int32_t count = 1; count <= profile.per_node; count *= 2) {
    if (usable_bytes(profile, count) >= need.total()) {
      return count;
    }
  }
  return std::nullopt;
}

std::string gib(std::int64_t bytes) {
  return std::to_string((bytes + kGiB - 1) / kGiB) + " GiB";
}

/// The profile with the least memory per node that is enough; empty when there is none.
std::string smallest_profile(const std::vector<crd::AcceleratorProfile>& profiles,
                             const Need& need) {
  const crd::AcceleratorProfile* best = nullptr;
  for (const auto& profile : profiles) {
    const bool fits = smallest_count(profile.spec, need).has_value();
    const auto size = [](const crd::AcceleratorProfile& item) {
      return item.spec.memory_bytes * item.spec.per_node;
    };
    if (fits && (best == nullptr || size(profile) < size(*best))) {
      best = &profile;
    }
  }
  return best == nullptr ? "" : best->metadata.name;
}

condition::Finding too_large(const md::Model& model, const crd::AcceleratorProfile& profile,
                             std::int32_t count, const Need& need,
                             const std::vector<crd::AcceleratorProfile>& profiles) {
  const std::string other = smallest_profile(profiles, need);
  return {std::string(kInsufficientMemory),
          "model " + model.name + " needs " + gib(need.total()) + " and " + std::to_string(count) +
              " x " + profile.metadata.name + " offer " + gib(usable_bytes(profile.spec, count)) +
              "; " +
              (other.empty() ? "no profile of this cluster is large enough: use fewer bits per "
                               "weight or a shorter contextLength"
                             : "the smallest profile that fits is " + other)};
}

void split_parallelism(const md::Engine& engine, Fit& fit) {
  const std::int32_t pipeline = engine.parallelism ? std::max(engine.parallelism->pipeline, 1) : 1;
  const std::int32_t tensor = engine.parallelism ? engine.parallelism->tensor : 0;
  fit.pipeline_parallel = pipeline;
  fit.tensor_parallel = tensor > 0 ? tensor : std::max(fit.accelerators / pipeline, 1);
}

/// What the user fixed: a count, or tensor times pipeline.
std::int32_t fixed_count(const md::Engine& engine) {
  if (engine.accelerator->count > 0) {
    return engine.accelerator->count;
  }
  const bool tensor = engine.parallelism && engine.parallelism->tensor > 0;
  return tensor ? engine.parallelism->tensor * std::max(engine.parallelism->pipeline, 1) : 0;
}

void describe(const md::Model& model, const crd::AcceleratorProfile& profile, const Need& need,
              Fit& fit) {
  const std::int64_t room = usable_bytes(profile.spec, fit.accelerators);
  fit.weights_bytes = need.weights;
  fit.kv_cache_bytes = std::max<std::int64_t>(room - need.weights, 0);
  if (need.kv_per_token > 0) {
    fit.kv_cache_tokens = *fit.kv_cache_bytes / need.kv_per_token;
  }
  fit.explanation =
      model.name + ": " + gib(need.weights) + " of weights in " + gib(room) + " that " +
      std::to_string(fit.accelerators) + " x " + profile.metadata.name + " offer; " +
      gib(*fit.kv_cache_bytes) + " are left for the KV cache" +
      (fit.kv_cache_tokens ? ", enough for " + std::to_string(*fit.kv_cache_tokens) + " tokens"
                           : "");
}

}  // namespace

std::optional<std::int64_t> kv_bytes_per_token(const md::Architecture& shape) {
  if (!shape.layers || !shape.kv_heads || !shape.head_dim) {
    return std::nullopt;
  }
  const std::int64_t values = std::int64_t{2} * *shape.layers * *shape.kv_heads * *shape.head_dim;
  return values * shape.kv_cache_bits / 8;
}

FitResult fit_model(const md::Model& model, const md::Engine& engine,
                    const std::vector<crd::AcceleratorProfile>& profiles) {
  FitResult out;
  const std::string& name = engine.accelerator->profile;
  const auto profile =
      std::ranges::find_if(profiles, [&](const auto& item) { return item.metadata.name == name; });
  if (profile == profiles.end()) {
    out.problem = {std::string(kProfileNotFound), "AcceleratorProfile " + name +
                                                      " does not exist; create it or correct "
                                                      "engine.accelerator.profile"};
    return out;
  }
  out.fit.profile = name;
  out.fit.node_selector = profile->spec.node_selector;
  for (const auto& toleration : profile->spec.tolerations) {
    crd::Toleration copy;
    copy.key = toleration.key;
    copy.operator_ = toleration.operator_.name();
    copy.value = toleration.value;
    if (toleration.effect) {
      copy.effect = std::string(toleration.effect->name());
    }
    out.fit.tolerations.push_back(std::move(copy));
  }
  if (profile->spec.vendor == ap::SpecVendor::kCPU) {
    out.fit.explanation = "profile " + name + " is of nodes without accelerators";
    return out;
  }
  out.fit.resource_name = profile->spec.resource_name;
  out.fit.accelerators = std::max(fixed_count(engine), 1);
  if (!model.architecture) {
    split_parallelism(engine, out.fit);
    out.fit.explanation = fixed_count(engine) > 0
                              ? "the number is fixed by the spec"
                              : "model.architecture is not given, so one accelerator is assumed";
    return out;
  }
  const Need need = need_of(model);
  if (fixed_count(engine) == 0) {
    const auto count = smallest_count(profile->spec, need);
    out.fit.accelerators = count.value_or(static_cast<std::int32_t>(
        std::bit_floor(static_cast<std::uint32_t>(std::max(profile->spec.per_node, 1)))));
  }
  if (usable_bytes(profile->spec, out.fit.accelerators) < need.total()) {
    out.problem = too_large(model, *profile, out.fit.accelerators, need, profiles);
  }
  split_parallelism(engine, out.fit);
  describe(model, *profile, need, out.fit);
  return out;
}

}  // namespace penstock::controller::modeldeployment
