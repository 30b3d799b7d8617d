#pragma once
// How many replicas a load needs, from a model of an engine's time with three coefficients. Knows
// seconds, tokens and objectives; must not know windows, pods or how the coefficients were learnt.
//
// An engine decodes b sequences and prefills in iterations. With n replicas, P uncached prompt
// tokens/s and G generated tokens/s in all, u = (P·prefill + G·decode) ÷ n is the share of its time
// that a replica needs beyond the fixed part of its iterations, and a token takes
// iteration ÷ (1 - u). So the limit on the time per token is a limit on u. The other limits are
// the wait for the first token (a queue of prompts), resident KV tokens and the batch size.
// Derivation: docs/scaling.md.

#include <cstdint>
#include <string_view>

namespace penstock::scaling {

/// The engine-time model. All positive.
struct EngineTimes {
  double prefill = 0;    ///< seconds per uncached prompt token
  double decode = 0;     ///< seconds that one more sequence adds to an iteration
  double iteration = 0;  ///< seconds of an iteration beside those
  friend bool operator==(const EngineTimes&, const EngineTimes&) = default;
};

/// What bounds one replica beside time. 0 = not known, does not bind.
struct ReplicaLimits {
  double kv_tokens = 0;
  double sequences = 256;        ///< vLLM's max_num_seqs
  double batched_tokens = 8192;  ///< of one iteration
  friend bool operator==(const ReplicaLimits&, const ReplicaLimits&) = default;
};

/// What the planner, a performance table or guess_capacity() knows before anything has run.
struct CapacityPrior {
  EngineTimes times{};
  ReplicaLimits limits{};
};

/// A prior from first principles (compute bound prefill, bandwidth bound decode) for a model and
/// the GPUs of one replica. Within a factor of two; learning does the rest.
struct HardwareShape {
  double parameters = 0;          ///< of the model
  double weight_bytes = 0;        ///< of the model as loaded
  double kv_bytes_per_token = 0;  ///< 0: a typical share of the model's size
  double flops = 0;               ///< dense, per second, of all GPUs of a replica
  double bytes_per_second = 0;    ///< memory bandwidth of all of them
  double memory_bytes = 0;        ///< of all of them
  double mean_context = 2'048;
};
[[nodiscard]] CapacityPrior guess_capacity(const HardwareShape& shape);

/// Offered load, per second, over all replicas.
struct Load {
  double calls = 0;
  double prompt_tokens = 0;
  double uncached_tokens = 0;        ///< of those
  double output_tokens = 0;          ///< that those calls will produce
  double prompt_tokens_squared = 0;  ///< Σ tokens² per second, for the spread of work
};

struct Objectives {
  double first_token_seconds = 0;
  double token_seconds = 0;
  double attainment = 0.99;   ///< share of calls that must meet both
  double target_share = 0.8;  ///< of what the objectives allow, to aim for
  friend bool operator==(const Objectives&, const Objectives&) = default;
};

/// What made the number.
enum class Rule : std::uint8_t {
  kNone,         ///< nothing is offered
  kTokenTime,    ///< work, limited by the time per output token
  kFirstToken,   ///< work, limited by the time to first token
  kKvCache,      ///< resident KV tokens
  kBatch,        ///< sequences at once
  kFixedTarget,  ///< tokensPerSecondPerReplica of the spec
  kServed,       ///< what engines were seen to serve exceeds what gateways tell
  kForecast,     ///< the same, for the load expected after a cold start
  kSaturated,    ///< engines say that they are full
};
[[nodiscard]] std::string_view name(Rule rule);  ///< "KvCache"

struct Need {
  double replicas = 0;  ///< real: round up
  Rule rule = Rule::kNone;
  double work = 0;             ///< engine seconds per second
  double allowed_share = 0;    ///< u that the objectives allow
  double resident_tokens = 0;  ///< KV tokens at that number of replicas
  bool unreachable = false;    ///< the objectives cannot be met by any number of replicas
};

/// Cost: about a microsecond. Growing any part of a load in proportion never needs fewer.
/// `kv_correction` multiplies the predicted residents.
[[nodiscard]] Need replicas_for(const Load& load, const EngineTimes& times,
                                const ReplicaLimits& limits, const Objectives& objectives,
                                double kv_correction);

/// The share of a replica's time (u) that the objectives allow.
[[nodiscard]] double allowed_share(const EngineTimes& times, const Objectives& objectives,
                                   bool generates);

/// KV tokens that calls in flight hold, over all of `replicas` (> 0).
[[nodiscard]] double resident_tokens(const Load& load, const EngineTimes& times, double replicas);

/// Replicas that hold so many resident KV tokens; 0 if the KV capacity is not known.
[[nodiscard]] double replicas_for_kv(double resident_tokens, double tokens_per_call,
                                     const ReplicaLimits& limits, const Objectives& objectives);

}  // namespace penstock::scaling
