#include "sim/compare/policy.h"

#include <array>
#include <charconv>
#include <cmath>

#include "sim/baselines/fixed.h"
#include "sim/baselines/fluid.h"
#include "sim/baselines/hpa.h"
#include "sim/baselines/keda.h"
#include "sim/baselines/kpa.h"
#include "sim/compare/penstock_scaler.h"

namespace penstock::sim {
namespace {

constexpr std::array kKinds = {
    PolicyKind{"penstock", "share of what the service level allows, 0 to 1", 0.8, 0, 1},
    PolicyKind{"hpa-queue", "waiting calls per pod", 1, 0, 1e6},
    PolicyKind{"hpa-concurrency", "running and waiting calls per pod", 16, 0, 1e6},
    PolicyKind{"hpa-kv", "KV cache usage, 0 to 1", 0.5, 0, 1},
    PolicyKind{"hpa-cpu", "share of time computing, 0 to 1", 0.7, 0, 1},
    PolicyKind{"keda", "waiting calls per pod", 5, 0, 1e6},
    PolicyKind{"kpa", "concurrent calls per pod, of which 70 % are aimed at", 100, 0, 1e6},
    PolicyKind{"static", "replicas", 1, 0, 10'000},
    PolicyKind{"clairvoyant", "planned share of a pod, 0 to 1", 0.7, 0, 1},
};

std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

const PolicyKind* find_kind(std::string_view name) {
  for (const PolicyKind& kind : kKinds) {
    if (kind.name == name) {
      return &kind;
    }
  }
  return nullptr;
}

}  // namespace

std::span<const PolicyKind> policy_kinds() {
  return kKinds;
}

std::string PolicySpec::label() const {
  return name + "=" + number(target);
}

Result<PolicySpec> parse_policy(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const PolicyKind* kind = find_kind(name);
  if (kind == nullptr) {
    std::string names;
    for (const PolicyKind& known : kKinds) {
      names += (names.empty() ? "" : ", ") + std::string(known.name);
    }
    return fail(Code::kInvalid, "--policy is \"" + std::string(name) + "\"; there are " + names);
  }
  PolicySpec spec{.name = std::string(name), .target = kind->usual};
  if (equals == std::string_view::npos) {
    return spec;
  }
  const std::string_view given = text.substr(equals + 1);
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), spec.target);
  const bool whole = error == std::errc() && end == given.data() + given.size();
  if (!whole || !(spec.target > kind->least) || spec.target > kind->most) {
    return fail(Code::kInvalid,
                "--policy " + spec.name + " has the target \"" + std::string(given) + "\"; it is " +
                    std::string(kind->target) + ", above " + number(kind->least) + " and at most " +
                    number(kind->most) + ", for example " + spec.name + "=" + number(kind->usual));
  }
  return spec;
}

Result<std::unique_ptr<Scaler>> make_policy(const PolicySpec& spec, const Scenario& scenario,
                                            const PerfModel& perf, const Load& load) {
  if (spec.name == "penstock") {
    scaling::Settings settings = settings_for(scenario, perf);
    settings.objectives.target_share = spec.target;
    return std::make_unique<PenstockScaler>(settings);
  }
  if (spec.name == "hpa-queue") {
    return std::make_unique<Hpa>(PodMetric::kQueue, spec.target);
  }
  if (spec.name == "hpa-concurrency") {
    return std::make_unique<Hpa>(PodMetric::kConcurrency, spec.target);
  }
  if (spec.name == "hpa-kv") {
    return std::make_unique<Hpa>(PodMetric::kKvUsage, spec.target);
  }
  if (spec.name == "hpa-cpu") {
    return std::make_unique<Hpa>(PodMetric::kBusy, spec.target);
  }
  if (spec.name == "keda") {
    return std::make_unique<Keda>(spec.target,
                                  KedaOptions{.min_replicas = scenario.min_replicas, .hpa = {}});
  }
  if (spec.name == "kpa") {
    return std::make_unique<Kpa>(spec.target);
  }
  if (spec.name == "static") {
    return std::make_unique<Fixed>(static_cast<std::uint32_t>(std::llround(spec.target)));
  }
  if (spec.name == "clairvoyant") {
    PENSTOCK_TRY(trace, load.open());
    PENSTOCK_TRY(demand, measure_fluid(*trace, scenario, perf, {}));
    return std::make_unique<FluidSchedule>(demand, scenario, spec.target);
  }
  return fail(Code::kInternal, "policy \"" + spec.name + "\" has no implementation");
}

}  // namespace penstock::sim
