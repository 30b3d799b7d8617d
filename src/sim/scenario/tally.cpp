#include "sim/scenario/tally.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace penstock::sim {

Bucket& Tally::bucket_of(SteadyTime time) {
  const auto index = static_cast<std::size_t>((time - SteadyTime{}) / scenario_.bucket);
  if (index >= outcome_.timeline.size()) {
    outcome_.timeline.resize(index + 1);
  }
  return outcome_.timeline[index];
}

void Tally::arrived(const CallTimes& call) {
  ++outcome_.offered;
  outcome_.served_within = outcome_.served;
  outcome_.output_tokens_within = outcome_.output_tokens;
  outcome_.offered_tokens += std::uint64_t{call.prompt_tokens} + call.output_tokens;
  Bucket& bucket = bucket_of(call.arrival);
  ++bucket.arrived;
  bucket.prompt_tokens += call.prompt_tokens;
  bucket.output_tokens += call.output_tokens;
}

void Tally::first_token(const CallTimes& call, SteadyTime now) {
  const std::chrono::nanoseconds ttft = now - call.arrival + scenario_.overhead;
  outcome_.ttft.add(ttft);
  bucket_ttft_.add(ttft);
}

void Tally::served(const CallTimes& call, SteadyTime now) {
  ++outcome_.served;
  outcome_.output_tokens += call.output_tokens;
  const ServiceLevel& level = scenario_.level;
  // An answer without tokens (embeddings) is there when its prompt is computed.
  const SteadyTime first = call.output_tokens == 0 ? now : call.first_token;
  const std::chrono::nanoseconds ttft = first - call.arrival + scenario_.overhead;
  const std::chrono::nanoseconds alone =
      perf_.prefill_time(call.prompt_tokens, 0, scenario_.engine.max_num_batched_tokens);
  const std::chrono::nanoseconds allowed =
      level.ttft + std::chrono::nanoseconds(
                       std::llround(level.prefill_factor * static_cast<double>(alone.count())));
  const bool ttft_met = ttft <= allowed;
  bool tpot_met = true;
  if (call.output_tokens > 1) {
    const std::chrono::nanoseconds tpot = (now - first) / (call.output_tokens - 1);
    outcome_.tpot.add(tpot);
    tpot_met = tpot <= level.tpot;
  }
  outcome_.met_ttft += ttft_met ? 1U : 0U;
  outcome_.met_tpot += tpot_met ? 1U : 0U;
  if (ttft_met && tpot_met) {
    ++outcome_.met;
    outcome_.met_tokens += std::uint64_t{call.prompt_tokens} + call.output_tokens;
    ++bucket_of(call.arrival).met;
  }
}

void Tally::sample(SteadyTime now, std::uint32_t ready, std::uint32_t created,
                   std::uint64_t queued) {
  const auto index = static_cast<std::size_t>((now - SteadyTime{}) / scenario_.bucket);
  while (open_bucket_ < index) {
    close_bucket();
  }
  Bucket& bucket = bucket_of(now);
  bucket.ready += ready;
  bucket.created += created;
  bucket.queued += static_cast<double>(queued);
  ++samples_;
  outcome_.most_replicas = std::max(outcome_.most_replicas, created);
}

void Tally::close_bucket() {
  if (open_bucket_ < outcome_.timeline.size()) {
    Bucket& bucket = outcome_.timeline[open_bucket_];
    const double samples = std::max(samples_, 1U);
    bucket.ready /= samples;
    bucket.created /= samples;
    bucket.queued /= samples;
    bucket.ttft_p50 = bucket_ttft_.quantile(0.5);
    bucket.ttft_p95 = bucket_ttft_.quantile(0.95);
  }
  bucket_ttft_.clear();
  samples_ = 0;
  ++open_bucket_;
}

Outcome Tally::finish() {
  close_bucket();
  return std::move(outcome_);
}

}  // namespace penstock::sim
