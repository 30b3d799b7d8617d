#include "controller/autoscaler/scaler.h"

#include <algorithm>
#include <cmath>

#include "controller/autoscaler/reasons.h"
#include "scaling/constants.h"
#include "scaling/state_text.h"

namespace penstock::controller::autoscaler {
namespace {

namespace md = crd::model_deployment;
using scaling::Decision;

constexpr std::chrono::seconds kThroughputEvery{30};
constexpr double kNotable = 0.25;           ///< relative
constexpr double kLeastTokensNotable = 20;  ///< tokens/s, so that a few calls an hour are no news
constexpr std::size_t kMostReason = 256;    ///< of the API
constexpr std::size_t kMostMemory = 16'384;
constexpr std::int32_t kLeastInDryRun = 1;  ///< nothing would wake it

/// The API keeps milliseconds: what is read back must be what was said.
WallTime in_milliseconds(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

/// At most so many bytes, and never half a character.
std::string cut(std::string text, std::size_t most) {
  if (text.size() > most) {
    text.resize(most);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
      text.pop_back();
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) {
      text.pop_back();
    }
  }
  return text;
}

std::int64_t whole(double value) {
  constexpr double kMost = 9e15;
  return std::isfinite(value) ? std::llround(std::clamp(value, -kMost, kMost)) : 0;
}

md::ScalingDecision entry_of(const Decision& decision, WallTime wall_now) {
  md::ScalingDecision out;
  out.time = in_milliseconds(wall_now);
  out.from = decision.from;
  out.to = decision.to;
  out.dry_run = decision.dry_run ? std::optional(true) : std::nullopt;
  out.reason = cut(std::string(name(decision.reason)) + ": " + explain(decision), kMostReason);
  scaling::for_each_reading(decision.readings, [&](std::string_view key, double value) {
    constexpr double kThousandths = 1'000;
    out.signals[std::string(key)] = whole(value * kThousandths);
  });
  return out;
}

std::string_view event_of(const Decision& decision) {
  if (decision.dry_run) {
    return kRecommended;
  }
  if (decision.to == 0) {
    return kScaledToZero;
  }
  if (decision.reason == scaling::Reason::kWoken) {
    return kWoken;
  }
  return decision.to > decision.from ? kScaledUp : kScaledDown;
}

/// The first whose data cannot be used.
std::string_view faulty_one(const Decision& decision, const Sight& sight) {
  const auto& seen = sight.seen;
  if (decision.fault_at_gateway) {
    for (std::size_t i = 0; i < seen.gateways.size() && i < sight.gateway_names.size(); ++i) {
      if (judge(seen.gateways[i], seen.now) != scaling::Fault::kNone) {
        return sight.gateway_names[i];
      }
    }
    return {};
  }
  for (std::size_t i = 0; i < seen.pods.size() && i < sight.pod_names.size(); ++i) {
    const auto& pod = seen.pods[i];
    if (pod.facts.ready_since && !pod.facts.draining &&
        judge(pod.engine, seen.now) != scaling::Fault::kNone) {
      return sight.pod_names[i];
    }
  }
  return {};
}

std::int32_t first_number(std::optional<std::int32_t> running, const Asked& asked) {
  if (asked.fixed) {
    return *asked.fixed;
  }
  if (running) {
    return *running;
  }
  const auto& settings = asked.settings;
  return settings.dry_run ? std::max(settings.min_replicas, kLeastInDryRun) : settings.min_replicas;
}

bool apart(double said, double now, double least) {
  return std::abs(now - said) > std::max(kNotable * std::max(said, now), least);
}

}  // namespace

Scaler::Scaler(const md::Status& status, std::optional<std::int32_t> running, const Asked& asked,
               SteadyTime now, WallTime wall_now)
    : said_(said_in(status)) {
  unsaid_ = !said_.desired.has_value();
  said_.desired = std::max(said_.desired.value_or(first_number(running, asked)), 0);
  restore_state(asked.settings.dry_run, now, wall_now);
}

void Scaler::restore_state(bool dry_run, SteadyTime now, WallTime wall_now) {
  const auto age_of = [&](WallTime time) {
    return std::max(std::chrono::nanoseconds(wall_now - time), std::chrono::nanoseconds(0));
  };
  if (said_.throughput && said_.throughput->memory && said_.throughput->observed_at) {
    // A text of another version, or a damaged one, is no loss that matters: it is learned anew.
    if (auto state = scaling::restore(*said_.throughput->memory, now,
                                      age_of(*said_.throughput->observed_at))) {
      state_ = *std::move(state);
    }
  }
  if (!state_.started) {
    state_.started = true;
    state_.last_activity = now;
    for (auto decision = said_.decisions.rbegin(); decision != said_.decisions.rend(); ++decision) {
      if (decision->dry_run.value_or(false) == dry_run) {
        state_.changes.add(
            now - std::chrono::duration_cast<SteadyTime::duration>(age_of(decision->time)),
            decision->to - decision->from);
      }
    }
  }
  // As after a long pause: what was asked for meanwhile is not known, so what runs counts as
  // wanted.
  state_.last_tick = now - scaling::kTickGap - std::chrono::seconds(1);
  state_.demand_since = now;
}

Step Scaler::step(const Asked& asked, Sight sight) {
  Step out;
  out.changed = unsaid_;
  follow_dry_run(asked, sight.wall_now, out);
  sight.seen.replicas = said_.recommended.value_or(desired());
  sight.seen.fixed_replicas = said_.recommended ? std::nullopt : asked.fixed;
  out.decision = scaling::tick(asked.settings, state_, sight.seen);
  const Decision& decision = out.decision;
  const SteadyTime now = sight.seen.now;
  if (decision.changes()) {
    note_decision(decision, sight.wall_now, out);
  }
  Verdict verdict = verdict_of(asked, decision, faulty_one(decision, sight));
  if (!said_.condition) {
    // At first nobody has told anything yet: that must last before it is worth a warning.
    scaling::Decision calm = decision;
    calm.fault = scaling::Fault::kNone;
    calm.block = scaling::Block::kNone;
    calm.objectives_unreachable = false;
    verdict = verdict_of(asked, calm, {});
  }
  if (say_condition(asked, verdict, sight, out)) {
    out.changed = true;
  }
  if (out.changed || throughput_moved(decision, now)) {
    say_throughput(decision, now, sight.wall_now);
    out.changed = true;
  }
  unsaid_ = false;
  return out;
}

/// Begins and ends a dry run, and says what runs meanwhile: what ran before, or what others write.
void Scaler::follow_dry_run(const Asked& asked, WallTime wall_now, Step& out) {
  const bool dry_run = asked.settings.dry_run;
  if (dry_run != said_.recommended.has_value()) {
    state_.changes = {};  // those of the one do not count in the other
    state_.decided = false;
    said_.recommended = dry_run ? said_.desired : std::nullopt;
    out.changed = true;
  }
  if (!dry_run) {
    return;
  }
  const std::int32_t runs = asked.fixed.value_or(std::max(desired(), kLeastInDryRun));
  if (runs == desired()) {
    return;
  }
  if (!asked.fixed) {
    md::ScalingDecision entry;
    entry.time = in_milliseconds(wall_now);
    entry.from = desired();
    entry.to = runs;
    const std::string why = "0 → 1 replicas: nothing would wake a sleeping model in a dry run";
    entry.reason = std::string(kDryRun) + ": " + why;
    note(std::move(entry));
    out.news.push_back({false, std::string(kScaledUp), why});
  }
  said_.desired = runs;
  out.changed = true;
}

void Scaler::note(md::ScalingDecision entry) {
  said_.decisions.insert(said_.decisions.begin(), std::move(entry));
  if (said_.decisions.size() > kDecisionsKept) {
    said_.decisions.resize(kDecisionsKept);
  }
}

void Scaler::note_decision(const Decision& decision, WallTime wall_now, Step& out) {
  (decision.dry_run ? said_.recommended : said_.desired) = decision.to;
  note(entry_of(decision, wall_now));
  out.changed = true;
  out.news.push_back({false, std::string(event_of(decision)), explain(decision)});
}

bool Scaler::say_condition(const Asked& asked, const Verdict& verdict, const Sight& sight,
                           Step& out) {
  const SteadyTime now = sight.seen.now;
  auto& said = said_.condition;
  const std::string_view before = said ? std::string_view(said->reason) : std::string_view();
  const bool same_words =
      said && said->reason == verdict.reason && said->message == verdict.message;
  const bool same_generation = said && said->observed_generation == asked.generation;
  if (same_words && same_generation) {
    pending_reason_.clear();
    return false;
  }
  if (pending_reason_ != verdict.reason) {  // words may change meanwhile: who is silent, and how
    pending_reason_ = verdict.reason;
    pending_since_ = now;
  }
  const bool edited = said && !same_generation && before == verdict.reason;
  if (!edited && now - pending_since_ < patience(before, verdict.reason)) {
    return false;
  }
  crd::Condition next;
  next.type = kScalingActive;
  next.status = verdict.active ? "True" : "False";
  next.observed_generation = asked.generation;
  next.reason = verdict.reason;
  next.message = verdict.message;
  next.last_transition_time = said && said->status == next.status ? said->last_transition_time
                                                                  : in_milliseconds(sight.wall_now);
  const bool tell =
      before != verdict.reason && (is_warning(verdict.reason) || verdict.reason == kFixedReplicas);
  if (tell) {
    out.news.push_back({is_warning(verdict.reason), next.reason, next.message});
  }
  said = std::move(next);
  pending_reason_.clear();
  return true;
}

bool Scaler::throughput_moved(const Decision& decision, SteadyTime now) const {
  if (throughput_said_ && now - *throughput_said_ < kThroughputEvery) {
    return false;
  }
  const auto& readings = decision.readings;
  const auto of = [&](auto member) {
    return said_.throughput ? static_cast<double>(((*said_.throughput).*member).value_or(0)) : 0.0;
  };
  if (apart(of(&md::Throughput::tokens_per_second), readings.served_tokens, kLeastTokensNotable)) {
    return true;
  }
  // What has been learned is worth keeping once something was measured.
  return readings.confidence > 0 && apart(of(&md::Throughput::capacity_per_replica),
                                          readings.capacity_per_replica, kLeastTokensNotable);
}

void Scaler::say_throughput(const Decision& decision, SteadyTime now, WallTime wall_now) {
  const auto& readings = decision.readings;
  auto& out = said_.throughput.emplace();
  out.tokens_per_second = whole(readings.served_tokens);
  if (readings.confidence > 0) {
    out.capacity_per_replica = whole(readings.capacity_per_replica);
  }
  if (state_.cold_starts.measured() > 0) {
    out.cold_start_seconds = whole(state_.cold_starts.median().count());
  }
  out.observed_at = in_milliseconds(wall_now);
  std::string memory = scaling::save(state_, now, scaling::Keep::kLasting);
  if (memory.size() <= kMostMemory) {
    out.memory = std::move(memory);
  }
  throughput_said_ = now;
}

}  // namespace penstock::controller::autoscaler
