// Random small engines under random load: the same events as the reference engine, nothing lost,
// nothing over capacity, the same times when running ahead.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "base/random.h"
#include "sim/engine_model/engine.h"
#include "sim/engine_model/perf_presets.h"
#include "sim/virtual_time/fleet.h"
#include "sim/virtual_time/request_log.h"
#include "tests/unit/sim/property.h"
#include "tests/unit/sim/reference_engine.h"

namespace penstock::sim {
namespace {

/// One thing that a client does, and how many iterations (or how much time) pass before it.
struct Act {
  std::uint32_t wait = 0;
  bool aborts = false;
  bool mid_iteration = false;
  std::uint32_t which = 0;  ///< the request to abort, by number
  TokenCount prompt = 1;
  TokenCount output = 0;
  std::int32_t priority = 0;
  std::uint64_t family = 0;  ///< requests of one family share their prefix
};

std::ostream& operator<<(std::ostream& out, const Act& act) {
  return out << "{wait " << act.wait << (act.aborts ? " abort " : " add ") << act.which
             << " prompt " << act.prompt << " output " << act.output << " priority " << act.priority
             << " family " << act.family << (act.mid_iteration ? " mid" : "") << "}";
}

rc::Gen<std::vector<Act>> acts() {
  using rc::gen::inRange;
  return rc::gen::container<std::vector<Act>>(rc::gen::map(
      rc::gen::tuple(inRange<std::uint32_t>(0, 12), inRange(0, 10), inRange<std::uint32_t>(0, 64),
                     inRange<TokenCount>(1, 40), inRange<TokenCount>(0, 30),
                     inRange<std::int32_t>(-1, 2), inRange<std::uint64_t>(0, 4)),
      [](const auto& drawn) {
        const auto& [wait, kind, which, prompt, output, priority, family] = drawn;
        return Act{.wait = wait > 8 ? 0 : wait,
                   .aborts = kind == 0,
                   .mid_iteration = which % 2 == 1,
                   .which = which,
                   .prompt = prompt,
                   .output = output,
                   .priority = priority,
                   .family = family};
      }));
}

EngineConfig draw_config() {
  EngineConfig config;
  config.block_size = *rc::gen::inRange<std::uint32_t>(1, 9);
  config.max_num_seqs = *rc::gen::inRange<std::uint32_t>(1, 9);
  config.max_num_batched_tokens = config.max_num_seqs + *rc::gen::inRange<std::uint32_t>(0, 60);
  // From just enough for the largest request to plenty; shortage more often than not.
  const auto spare = *rc::gen::weightedOneOf<std::uint32_t>(
      {{3, rc::gen::inRange<std::uint32_t>(0, 24)}, {1, rc::gen::inRange<std::uint32_t>(0, 200)}});
  config.kv_capacity_tokens =
      (72 + spare) / config.block_size * config.block_size + config.block_size;
  config.prefix_caching = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
  config.policy = *rc::gen::element(SchedulingPolicy::kFcfs, SchedulingPolicy::kPriority);
  return config;
}

PerfModel perf() {
  return *perf_preset(kDefaultPerfPreset);
}

using Row = std::tuple<SteadyTime, RequestId, EventKind, TokenCount, TokenCount>;

std::vector<Row> rows(std::span<const EngineEvent> events) {
  std::vector<Row> result;
  for (const EngineEvent& e : events) {
    result.emplace_back(e.time, e.id, e.kind, e.tokens, e.cached_tokens);
  }
  std::ranges::sort(result);
  return result;
}

/// The engine and its reference side by side.
class Pair {
 public:
  explicit Pair(const EngineConfig& config)
      : engine_(*Engine::create(config, perf())), reference_(engine_.config(), perf()) {}

  void add(const Act& act) {
    const RequestId id = next_++;
    const auto chain =
        distinct_chain(act.family, std::max(80U, act.prompt), engine_.config().block_size);
    const EngineRequest request{.id = id,
                                .prompt_tokens = act.prompt,
                                .output_tokens = act.output,
                                .priority = act.priority,
                                .block_hashes = chain};
    handles_[id] = *engine_.add(request);
    reference_.add(request);
  }

  void abort(std::uint32_t number) {
    if (handles_.empty()) {
      return;
    }
    const auto chosen =
        std::next(handles_.begin(), number % static_cast<std::uint32_t>(handles_.size()));
    RC_ASSERT(engine_.abort(chosen->second));
    reference_.abort(chosen->first);
    handles_.erase(chosen);
  }

  /// False when both are idle.
  bool start() {
    const auto run = engine_.start(now_);
    const auto expected = reference_.start(now_);
    RC_ASSERT(run.has_value() == expected.has_value());
    if (!run || !expected) {
      return false;
    }
    RC_ASSERT(run->end == *expected);
    RC_ASSERT(run->end > now_);
    now_ = run->end;
    compare_gauges();
    return true;
  }

  void complete() {
    const auto events = engine_.complete();
    RC_ASSERT(rows(events) == rows(reference_.complete()));
    RC_ASSERT(std::ranges::is_sorted(events, {}, &EngineEvent::time));
    for (const EngineEvent& event : events) {
      if (event.kind == EventKind::kFinished) {
        handles_.erase(event.id);
      }
    }
    compare_gauges();
  }

  void compare_gauges() {
    const EngineGauges gauges = engine_.gauges();
    RC_ASSERT(gauges.running == reference_.running());
    RC_ASSERT(gauges.waiting == reference_.waiting());
    RC_ASSERT(gauges.kv_blocks_used == reference_.used_blocks());
    RC_ASSERT(gauges.kv_blocks_used <= gauges.kv_blocks_total);
    RC_ASSERT(gauges.running <= engine_.config().max_num_seqs);
    RC_ASSERT(engine_.cache().consistent());
  }

  [[nodiscard]] const Engine& engine() const { return engine_; }

 private:
  Engine engine_;
  ReferenceEngine reference_;
  std::map<RequestId, RequestHandle> handles_;
  SteadyTime now_;
  RequestId next_ = 0;
};

void check_empty(const Engine& engine) {
  const EngineCounters& counters = engine.counters();
  RC_ASSERT(engine.idle());
  RC_ASSERT(engine.gauges().kv_blocks_used == 0U);
  RC_ASSERT(engine.gauges().waiting_prefill_tokens == 0U);
  RC_ASSERT(counters.added == counters.finished + counters.aborted);
  RC_ASSERT(counters.prefix_cache_hits <= counters.prefix_cache_queries);
}

RC_GTEST_PROP(EngineProperty, DoesWhatTheReferenceDoesAndLosesNothing, ()) {
  Pair pair(draw_config());
  for (const Act& act : *acts()) {
    for (std::uint32_t i = 0; i < act.wait && pair.start(); ++i) {
      pair.complete();
    }
    const bool mid = act.mid_iteration && pair.start();
    if (act.aborts) {
      pair.abort(act.which);
    } else {
      pair.add(act);
    }
    if (mid) {
      pair.complete();
    }
  }
  while (pair.start()) {
    pair.complete();
  }
  check_empty(pair.engine());
  RC_CLASSIFY(pair.engine().counters().preemptions > 0, "with preemption");
  RC_CLASSIFY(pair.engine().counters().prefix_cache_hits > 0, "with prefix hits");
  RC_CLASSIFY(pair.engine().counters().aborted > 0, "with aborts");
}

/// The engine in its usual size, where chunks, blocks of 16 and a hundred sequences meet shortage
/// of memory.
TEST(EngineAtFullSize, DoesWhatTheReferenceDoes) {
  Pair pair({.max_num_batched_tokens = 2048, .max_num_seqs = 128, .kv_capacity_tokens = 40'000});
  Random random(11);
  for (int i = 0; i < 400; ++i) {
    pair.add({.prompt = static_cast<TokenCount>(1 + random.below(1500)),
              .output = static_cast<TokenCount>(random.below(400)),
              .family = random.below(40)});
    if (random.below(8) == 0) {
      pair.abort(static_cast<std::uint32_t>(random.below(1000)));
    }
    if (random.below(3) > 0 && pair.start()) {
      pair.complete();
    }
  }
  while (pair.start()) {
    pair.complete();
  }
  check_empty(pair.engine());
  EXPECT_GT(pair.engine().counters().preemptions, 10U);
  EXPECT_GT(pair.engine().counters().prefix_cache_hits, 1000U);
  EXPECT_GT(pair.engine().counters().iterations, 1000U);
}

struct Outcome {
  std::vector<RequestTiming> timings;
  EngineCounters counters;
};

/// The same acts at given times, through a fleet of one.
Outcome play(EngineConfig config, const std::vector<Act>& script, bool run_ahead,
             bool forever_horizon) {
  config.token_events = !run_ahead;
  std::vector<Engine> engines{*Engine::create(config, perf())};
  Fleet fleet(std::move(engines),
              forever_horizon ? Fleet::Coupling::kOpen : Fleet::Coupling::kClosed);
  RequestLog log;
  std::map<RequestId, RequestHandle> handles;
  const auto sink = [&](std::uint32_t, const EngineEvent& event) {
    log.record(event);
    if (event.kind == EventKind::kFinished) {
      handles.erase(event.id);
    }
  };
  SteadyTime now;
  for (const Act& act : script) {
    now += std::chrono::microseconds(7001) * act.wait;
    fleet.run_until(now, sink);
    if (!act.aborts) {
      const RequestId id = log.arrive(now);
      const auto chain = distinct_chain(act.family, 80, config.block_size);
      handles[id] = *fleet.add(0, {.id = id,
                                   .prompt_tokens = act.prompt,
                                   .output_tokens = act.output,
                                   .priority = act.priority,
                                   .block_hashes = chain});
    } else if (!handles.empty()) {
      const auto chosen =
          std::next(handles.begin(), act.which % static_cast<std::uint32_t>(handles.size()));
      RC_ASSERT(fleet.abort(0, chosen->second));
      handles.erase(chosen);
    }
  }
  fleet.run_until(SteadyTime::max(), sink);
  check_empty(fleet.engine(0));
  return {log.timings(), fleet.engine(0).counters()};
}

bool same(const RequestTiming& a, const RequestTiming& b) {
  return a.scheduled == b.scheduled && a.first_token == b.first_token && a.finished == b.finished &&
         a.output_tokens == b.output_tokens && a.cached_tokens == b.cached_tokens &&
         a.preemptions == b.preemptions && a.done == b.done;
}

bool same(const EngineCounters& a, const EngineCounters& b) {
  return a.iterations == b.iterations && a.busy == b.busy &&
         a.generation_tokens == b.generation_tokens && a.preemptions == b.preemptions &&
         a.recomputed_tokens == b.recomputed_tokens && a.prefix_cache_hits == b.prefix_cache_hits &&
         a.finished == b.finished;
}

RC_GTEST_PROP(EngineProperty, RunningAheadChangesNothingToTheNanosecond, ()) {
  const EngineConfig config = draw_config();
  const auto script = *acts();
  const Outcome one_by_one = play(config, script, false, false);
  for (const bool forever : {false, true}) {
    const Outcome ahead = play(config, script, true, forever);
    RC_ASSERT(std::ranges::equal(one_by_one.timings, ahead.timings,
                                 [](const auto& a, const auto& b) { return same(a, b); }));
    RC_ASSERT(same(one_by_one.counters, ahead.counters));
  }
}

RC_GTEST_PROP(EngineProperty, TheSameInputGivesTheSameOutcome, ()) {
  const EngineConfig config = draw_config();
  const auto script = *acts();
  const Outcome first = play(config, script, true, true);
  const Outcome second = play(config, script, true, true);
  RC_ASSERT(std::ranges::equal(first.timings, second.timings,
                               [](const auto& a, const auto& b) { return same(a, b); }));
  RC_ASSERT(same(first.counters, second.counters));
}

RC_GTEST_PROP(EngineProperty, UnderFcfsNobodyIsAdmittedBeforeAnEarlierOne, ()) {
  EngineConfig config = draw_config();
  config.policy = SchedulingPolicy::kFcfs;
  auto script = *acts();
  std::erase_if(script, [](const Act& act) { return act.aborts; });
  const Outcome outcome = play(config, script, true, true);
  RC_ASSERT(std::ranges::all_of(outcome.timings, &RequestTiming::done));
  RC_ASSERT(std::ranges::is_sorted(outcome.timings, {}, &RequestTiming::scheduled));
}

}  // namespace
}  // namespace penstock::sim
