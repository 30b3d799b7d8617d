// Random loads, limits and faults: what the rule promises in every world.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "scaling/state_text.h"
#include "tests/unit/scaling/property.h"
#include "tests/unit/scaling/world.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;
using testing_support::settings_for;
using testing_support::World;
using testing_support::WorldOptions;

/// A world with a random load, mix and limits.
struct Draw {
  WorldOptions options;
  Settings settings;
};

Draw draw_world() {
  Draw draw;
  draw.options.seed = *rc::gen::arbitrary<std::uint64_t>();
  draw.options.calls_per_second = *rc::gen::inRange(0, 600) / 20.0;
  draw.options.prompt_tokens = *rc::gen::inRange(1, 6'000);
  draw.options.output_tokens = *rc::gen::inRange(1, 1'200);
  draw.options.cold_start_seconds = *rc::gen::inRange(1, 400);
  draw.options.replicas = *rc::gen::inRange(0, 12);
  draw.options.noise = *rc::gen::arbitrary<bool>();
  const std::int32_t least = *rc::gen::inRange(0, 4);
  draw.settings = settings_for(draw.options, least, least + *rc::gen::inRange(1, 30));
  draw.settings.scale_up_limit = *rc::gen::inRange(1, 12);
  draw.settings.scale_down_limit = *rc::gen::inRange(1, 6);
  draw.settings.stabilization = std::chrono::seconds(*rc::gen::inRange(0, 400));
  return draw;
}

RC_GTEST_PROP(PolicyProperty, StaysBetweenFloorAndCeilingAndWithinLimits, ()) {
  const Draw draw = draw_world();
  World world(draw.options, draw.settings);
  std::vector<std::pair<SteadyTime, std::int32_t>> own;
  for (int phase = 0; phase < 4; ++phase) {
    world.set_rate(*rc::gen::inRange(0, 600) / 20.0);
    world.run(150, [&](const Decision& d) {
      RC_ASSERT(d.to <= std::max(draw.settings.max_replicas, 0));
      RC_ASSERT(d.to >= draw.settings.min_replicas);
      const bool by_hand =
          d.from > draw.settings.max_replicas || d.from < draw.settings.min_replicas;
      if (d.to != d.from && !by_hand) {
        own.emplace_back(d.time, d.to - d.from);
      }
      std::int32_t up = 0;
      std::int32_t down = 0;
      for (const auto& [time, delta] : own) {
        if (time > d.time - 60s) {
          up += std::max(delta, 0);
          down += std::max(-delta, 0);
        }
      }
      RC_ASSERT(up <= draw.settings.scale_up_limit);
      RC_ASSERT(down <= draw.settings.scale_down_limit);
      RC_ASSERT(explain(d).size() <= 256U);
    });
  }
}

/// The need of a demand history of `seconds` calls counts, scaled by `factor`.
double need_of(const std::vector<int>& calls, double prompt, double output, double factor,
               const Settings& settings) {
  State state;
  double need = 0;
  SteadyTime now{std::chrono::seconds(50'000)};
  for (const int count : calls) {
    now += 1s;
    const double n = count * factor;
    const DemandSample sample{.start = now - 1s,
                              .calls = n,
                              .prompt_tokens = n * prompt,
                              .prompt_tokens_squared = n * prompt * prompt,
                              .expected_output_tokens = n * output};
    const GatewayReport gateway{.id = 1, .through = now, .news = {&sample, 1}};
    need =
        tick(settings, state, {.now = now, .replicas = 3, .gateways = {&gateway, 1}}).readings.need;
  }
  return need;
}

RC_GTEST_PROP(PolicyProperty, MoreOfTheSameNeverNeedsFewer, ()) {
  const auto calls = *rc::gen::container<std::vector<int>>(90, rc::gen::inRange(0, 80));
  const double prompt = *rc::gen::inRange(1, 20'000);
  const double output = *rc::gen::inRange(1, 3'000);
  const double factor = 1 + *rc::gen::inRange(0, 300) / 100.0;
  const Settings settings = settings_for({}, 0, 10'000);
  const double less = need_of(calls, prompt, output, 1, settings);
  const double more = need_of(calls, prompt, output, factor, settings);
  RC_ASSERT(more >= less * (1 - 1e-4));

  std::vector<int> extra = calls;  // further calls of the same kind, at any time
  for (int& count : extra) {
    count += *rc::gen::inRange(0, 5);
  }
  RC_ASSERT(need_of(extra, prompt, output, 1, settings) >= less * (1 - 1e-4));
}

/// One way to spoil what the rule sees.
void spoil_view(World::View& view, int kind, std::vector<DemandSample>& keep) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  keep.assign(1, {});
  if (kind >= 6) {
    keep[0] = view.gateways[0].news[0];
    view.gateways[0].news = keep;
  }
  switch (kind) {
    case 0:
      for (PodReport& pod : view.pods) {
        pod.engine.fault = Fault::kUnparsable;
      }
      break;
    case 1:
      for (PodReport& pod : view.pods) {
        pod.engine.scraped -= 40s;
      }
      break;
    case 2:
      for (PodReport& pod : view.pods) {
        pod.engine.generation_tokens = kNan;
      }
      break;
    case 3:
      for (PodReport& pod : view.pods) {
        pod.engine.kv_usage = 37;  // percent instead of a share
      }
      break;
    case 4:
      view.gateways[0].through -= 40s;
      break;
    case 5:
      view.gateways[0].fault = Fault::kUnreachable;
      break;
    case 6:
      keep[0].prompt_tokens = -5;
      break;
    case 7:
      keep[0].calls = kNan;
      break;
    case 8:
      keep[0].calls = 1e12;
      break;
    default:
      view.gateways.clear();
  }
}

RC_GTEST_PROP(PolicyProperty, UnusableDataNeverShrinksAndNeverGrowsWildly, ()) {
  Draw draw = draw_world();
  draw.options.replicas = *rc::gen::inRange(2, 12);
  draw.settings = settings_for(draw.options, 0, 1'000);
  draw.settings.stabilization = 0s;
  World world(draw.options, draw.settings);
  world.run(*rc::gen::inRange(0, 200));
  const int kind = *rc::gen::inRange(0, 10);
  std::vector<DemandSample> keep;
  const bool engines = kind < 4;
  world.set_rate(*rc::gen::inRange(0, 100) / 20.0);
  world.spoil = [&](World::View& view) { spoil_view(view, kind, keep); };
  const std::int32_t before = world.replicas();
  for (int i = 0; i < 400; ++i) {
    const std::int32_t ready = world.ready();
    const Decision d = world.step();
    if (engines && ready == 0) {
      continue;  // no engine, nothing to spoil
    }
    RC_ASSERT(d.to >= d.from);
    RC_ASSERT(d.to <= std::max(before, d.from) + 1'000);
    if (!engines) {
      RC_ASSERT(d.to <= std::max(3 * before, before + 12));
    }
  }
}

RC_GTEST_PROP(PolicyProperty, ASavedStateDecidesTheSame, ()) {
  const Draw draw = draw_world();
  World world(draw.options, draw.settings);
  world.run(*rc::gen::inRange(1, 300));
  World twin = world;
  const auto restored =
      restore(save(world.state(), world.now(), Keep::kEverything), twin.now(), 0ns);
  RC_ASSERT(restored.has_value());
  twin.restart(*restored);
  const double rate = *rc::gen::inRange(0, 600) / 20.0;
  world.set_rate(rate);
  twin.set_rate(rate);
  for (int i = 0; i < 300; ++i) {
    const Decision a = world.step();
    const Decision b = twin.step();
    RC_ASSERT(a.to == b.to);
    RC_ASSERT(explain(a) == explain(b));
  }
}

RC_GTEST_PROP(PolicyProperty, ARestartDoesNotShrinkBelowWhatRuns, ()) {
  Draw draw = draw_world();
  draw.options.replicas = *rc::gen::inRange(1, 12);
  draw.settings.stabilization = 300s;
  draw.settings.max_replicas = std::max(draw.settings.max_replicas, draw.options.replicas);
  World world(draw.options, draw.settings);
  world.run(*rc::gen::inRange(0, 200));
  const bool lasting = *rc::gen::arbitrary<bool>();
  State fresh;
  if (lasting) {
    fresh = *restore(save(world.state(), world.now(), Keep::kLasting), world.now(), 5min);
  }
  world.restart(fresh);
  world.set_rate(*rc::gen::inRange(0, 100) / 20.0);
  world.run(295, [](const Decision& d) { RC_ASSERT(d.to >= d.from); });
}

TEST(PolicyNoise, AConstantLoadDoesNotFlap) {
  for (const double rate : {0.5, 2.0, 5.0, 12.0, 40.0}) {
    for (const double output : {20.0, 200.0, 900.0}) {
      WorldOptions options{.calls_per_second = rate,
                           .output_tokens = output,
                           .replicas = 3,
                           .seed = static_cast<std::uint64_t>(rate * 10 + output)};
      World world(options, settings_for(options, 1, 100));
      world.run(1'800);  // finds its number
      int turns = 0;
      int last = 0;
      std::set<std::int32_t> numbers;
      world.run(2 * 3'600, [&](const Decision& d) {
        const int way = d.to > d.from ? 1 : d.to < d.from ? -1 : 0;
        turns += way != 0 && last != 0 && way != last ? 1 : 0;
        last = way != 0 ? way : last;
        numbers.insert(d.to);
      });
      EXPECT_LE(turns, 6) << rate << " calls/s, " << output << " tokens";
      EXPECT_LE(*numbers.rbegin() - *numbers.begin(), std::max(1, *numbers.begin() / 3 + 1))
          << rate << " calls/s, " << output << " tokens";
    }
  }
}

TEST(PolicyNoise, AnEvenLoadNeverMovesTheNumber) {
  for (const double rate : {0.5, 3.0, 7.0, 25.0}) {
    WorldOptions options{.calls_per_second = rate, .replicas = 3, .noise = false};
    World world(options, settings_for(options, 1, 100));
    world.run(1'200);
    const std::int32_t number = world.replicas();
    world.run(3'600, [number](const Decision& d) { EXPECT_EQ(d.to, number) << explain(d); });
  }
}

}  // namespace
}  // namespace penstock::scaling
