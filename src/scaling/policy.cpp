#include "scaling/policy.h"

#include <algorithm>
#include <cmath>

#include "scaling/evidence.h"
#include "scaling/need.h"

namespace penstock::scaling {
namespace {

constexpr double kExact = 1e-9;
constexpr double kMostReplicas = 10'000;  ///< of the API

std::int32_t rounded_up(double replicas) {
  return static_cast<std::int32_t>(std::ceil(std::clamp(replicas, 0.0, kMostReplicas) - kExact));
}

/// One tick's reasoning about the number; each step may move `d.to` or say what holds it.
class Deliberation {
 public:
  Deliberation(const Settings& settings, State& state, const Observation& seen,
               const Evidence& evidence, const Assessment& assessment)
      : settings_(settings), state_(state), now_(seen.now), evidence_(evidence) {
    d_.time = seen.now;
    d_.from = seen.replicas;
    d_.to = seen.replicas;
    d_.rule = assessment.rule;
    d_.fault_at_gateway = evidence.demand_fault != Fault::kNone;
    d_.fault = d_.fault_at_gateway ? evidence.demand_fault : evidence.engine_fault;
    d_.objectives_unreachable = assessment.unreachable;
    d_.pending = evidence.pending;
    d_.dry_run = settings.dry_run;
    compare_with_last();
    d_.readings = assessment.readings;
    // The least that carries the need, and the least that it leaves with room against noise.
    grow_to_ = rounded_up(assessment.need * (1 - kGrowTolerance));
    keep_ =
        rounded_up(assessment.need + std::min(assessment.need * kShrinkMargin, kShrinkMarginMost));
  }

  Decision run() {
    note_activity();
    note_saturation();
    d_.wanted = grow_to_;
    remember_wanted();
    if (d_.from == 0 && settings_.min_replicas == 0) {
      wake();
    } else if (grow_to_ > d_.from) {
      grow();
    } else if (d_.from > settings_.max_replicas) {
      set(settings_.max_replicas, Reason::kAboveMaximum);
    } else {
      shrink();
    }
    if (d_.to < settings_.min_replicas) {
      set(settings_.min_replicas, Reason::kBelowMinimum);
    }
    return finish();
  }

  Decision run_fixed(std::int32_t replicas) {
    note_activity();
    d_.wanted = grow_to_;
    set(std::max(replicas, 0), Reason::kFixedReplicas);
    d_.reason = Reason::kFixedReplicas;
    state_.wanted.add(now_, d_.to);
    return finish();
  }

 private:
  /// Was the last decision done, and did somebody else write the number?
  void compare_with_last() {
    const std::int32_t change = state_.last_to - state_.last_from;
    const bool decided = state_.decided;
    if (decided && change != 0 && d_.from == state_.last_from) {
      state_.changes.take_back(change);  // not done: it must not count against the limits
    }
    d_.changed_elsewhere = decided && d_.from != state_.last_to && d_.from != state_.last_from;
  }

  void set(std::int32_t to, Reason reason) {
    d_.to = to;
    d_.reason = reason;
  }
  void hold(Block block, std::optional<SteadyTime> until = {}) {
    d_.block = block;
    d_.blocked_until = until;
  }

  [[nodiscard]] bool data_usable() const { return d_.fault == Fault::kNone; }

  /// Data that cannot tell counts as activity: nothing sleeps on missing data.
  void note_activity() {
    if (evidence_.called || evidence_.running > 0 || evidence_.engine_waiting > 0 ||
        !data_usable()) {
      state_.last_activity = now_;
    }
  }

  void note_saturation() {
    const bool queueing =
        evidence_.ready > 0 && evidence_.engine_waiting >= kWaitingPerReplica * evidence_.ready;
    const bool preempting = evidence_.preempting && evidence_.kv_usage >= kKvLimit;
    if (!queueing && !preempting) {
      state_.saturated_since.reset();
      return;
    }
    if (!state_.saturated_since) {
      state_.saturated_since = now_;
    }
    if (now_ - *state_.saturated_since < kSaturatedFor) {
      return;
    }
    // Engines are full. What already starts is on its way to help; only then ask for more.
    keep_ = std::max(keep_, d_.from);
    const bool settled = evidence_.starting == 0 && evidence_.ready >= d_.from &&
                         now_ - state_.last_growth >= kSaturatedSettle;
    if (settled && grow_to_ <= d_.from) {
      const auto step = std::max(1, rounded_up(kSaturatedStep * evidence_.ready));
      grow_to_ = d_.from + step;
      keep_ = std::max(keep_, grow_to_);
      d_.rule = Rule::kSaturated;
    }
  }

  /// What this tick would not go below, for the ticks of the next scaleDownStabilization.
  void remember_wanted() {
    std::int32_t wanted = std::max(grow_to_, keep_);
    if (evidence_.demand_fault != Fault::kNone) {
      wanted = std::max(wanted, d_.from);  // what was wanted is not known
    }
    state_.wanted.add(now_, std::min(wanted, settings_.max_replicas));
  }

  [[nodiscard]] Reason growth_reason() const {
    switch (d_.rule) {
      case Rule::kSaturated:
        return Reason::kEnginesSaturated;
      case Rule::kForecast:
        return Reason::kDemandExpected;
      default:
        return Reason::kDemandGrew;
    }
  }

  void wake() {
    const bool called = evidence_.called || evidence_.burst.calls > 0;
    if (!called) {
      return;
    }
    grow_to_ = std::max(grow_to_, 1);
    grow();
    d_.reason = Reason::kWoken;
  }

  void grow() {
    const std::int32_t target = std::min(grow_to_, settings_.max_replicas);
    d_.reason = growth_reason();
    if (target <= d_.from) {
      hold(Block::kMaxReplicas);
      if (d_.from > settings_.max_replicas) {
        set(settings_.max_replicas, Reason::kAboveMaximum);
      }
      return;
    }
    const std::int32_t room = std::max(settings_.scale_up_limit - state_.changes.added(now_), 0);
    d_.to = d_.from + std::min(target - d_.from, room);
    if (d_.to < target) {
      hold(Block::kScaleUpLimit, state_.changes.eases(now_, true));
    } else if (target < grow_to_) {
      hold(Block::kMaxReplicas);
    }
  }

  void shrink() {
    d_.reason = evidence_.demand_known ? Reason::kSteady : Reason::kSignalsUnavailable;
    const std::int32_t floor = shrink_floor();
    if (std::max(keep_, floor) >= d_.from) {
      if (keep_ < d_.from && d_.from == settings_.min_replicas) {
        hold(Block::kMinReplicas);
      }
      return;
    }
    if (!data_usable()) {
      d_.reason = Reason::kSignalsUnavailable;
      hold(Block::kUnusableData);
      return;
    }
    if (evidence_.warming_up) {
      hold(Block::kWarmingUp);
      return;
    }
    const auto window = std::chrono::duration_cast<SteadyTime::duration>(settings_.stabilization);
    const std::int32_t highest = state_.wanted.highest(now_ - window).value_or(d_.from);
    const std::int32_t target = std::max({keep_, highest, floor});
    if (target >= d_.from) {
      hold(Block::kStabilization, state_.wanted.expires(window));
      return;
    }
    const std::int32_t room =
        std::max(settings_.scale_down_limit - state_.changes.removed(now_), 0);
    d_.to = d_.from - std::min(d_.from - target, room);
    if (d_.to < d_.from) {
      d_.reason = d_.to == 0 ? Reason::kIdle : Reason::kDemandFell;
    }
    if (d_.to > target) {
      hold(Block::kScaleDownLimit, state_.changes.eases(now_, false));
    }
  }

  /// The least that shrinking may leave: minReplicas, and one while a model that may sleep has not
  /// been idle for long.
  [[nodiscard]] std::int32_t shrink_floor() {
    if (settings_.min_replicas > 0) {
      return settings_.min_replicas;
    }
    const auto awake_until =
        state_.last_activity +
        std::chrono::duration_cast<SteadyTime::duration>(settings_.sleep_after);
    if (now_ >= awake_until) {
      return 0;
    }
    if (d_.from == 1 && keep_ == 0) {
      hold(Block::kNotIdleLong, awake_until);
    }
    return 1;
  }

  Decision finish() {
    state_.decided = true;
    state_.last_from = d_.from;
    state_.last_to = d_.to;
    if (d_.to != d_.from) {
      state_.changes.add(now_, d_.to - d_.from);
    }
    if (d_.to > d_.from) {
      state_.last_growth = now_;
    }
    // In a dry run the replicas that were short are not those that the number counts.
    if (d_.to > d_.from && d_.reason == Reason::kEnginesSaturated && !settings_.dry_run) {
      state_.shortfall = std::min(state_.shortfall * d_.to / d_.from, kMostShortfall);
    }
    return d_;
  }

  const Settings& settings_;
  State& state_;
  SteadyTime now_;
  const Evidence& evidence_;
  Decision d_;
  std::int32_t grow_to_ = 0;
  std::int32_t keep_ = 0;
};

}  // namespace

Decision tick(const Settings& settings, State& state, const Observation& seen) {
  const double dt = state.started ? std::max(Seconds(seen.now - state.last_tick).count(), 0.0) : 0;
  state.shortfall = 1 + (state.shortfall - 1) * std::exp(-dt / kShortfallMemory.count());
  const Evidence evidence = absorb(settings, state, seen);
  const Assessment assessment = assess(settings, state, evidence, seen.now);
  Deliberation deliberation(settings, state, seen, evidence, assessment);
  return seen.fixed_replicas ? deliberation.run_fixed(*seen.fixed_replicas) : deliberation.run();
}

}  // namespace penstock::scaling
