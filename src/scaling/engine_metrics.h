#pragma once
// From an engine's Prometheus text to an EngineSample. Knows the metric names of vLLM, SGLang,
// llama.cpp and TGI, older ones too; must not know how the text was fetched or what follows from
// it.
//
// The engine is recognised by its names, so a Custom engine that exports vLLM's names is read too.
// Series of one name are summed over their labels (data-parallel engines in one pod); shares are
// averaged. Whatever is strange (invalid text, a series twice, too many series) is a fault, never a
// guess. No allocation; about a millisecond per megabyte.
// Sources: docs.vllm.ai/en/latest/usage/metrics, SGLang's production metrics, llama.cpp's server
// README, TGI's metrics reference.

#include <span>
#include <string_view>

#include "scaling/signals.h"

namespace penstock::scaling {

enum class MetricOf : std::uint8_t {
  kPromptTokens,
  kComputedPromptTokens,
  kGenerationTokens,
  kPrefixQueries,
  kPrefixHits,
  kPreemptions,
  kIterations,
  kRunning,
  kWaiting,
  kKvUsage,
  kKvCapacity,
  kKvConfig,  ///< vLLM: capacity is the product of two labels
};

struct EngineMetric {
  std::string_view name;
  MetricOf meaning;
  std::uint8_t rank = 0;  ///< of several names for one meaning the lowest present counts
};

struct EngineDialect {
  std::string_view engine;  ///< "vLLM"
  std::string_view prefix;  ///< of all its metrics
  std::span<const EngineMetric> metrics;
};

/// The table, for docs and tests.
[[nodiscard]] std::span<const EngineDialect> engine_dialects();

/// Faults: kUnparsable; kMissing if no known engine's load is in it. `scraped` is when it was read.
[[nodiscard]] EngineSample read_engine_metrics(std::string_view text, SteadyTime scraped);

}  // namespace penstock::scaling
