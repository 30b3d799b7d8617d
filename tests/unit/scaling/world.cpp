#include "tests/unit/scaling/world.h"

#include <algorithm>
#include <cmath>

namespace penstock::scaling::testing_support {

using namespace std::chrono_literals;

Settings settings_for(const WorldOptions& options, std::int32_t least, std::int32_t most) {
  Settings settings;
  settings.min_replicas = least;
  settings.max_replicas = most;
  settings.objectives = {.first_token_seconds = 2, .token_seconds = 0.1};
  settings.scale_up_limit = 100;
  settings.scale_down_limit = 100;
  settings.prior = {.times = options.truth, .limits = {.kv_tokens = options.kv_tokens}};
  return settings;
}

World::World(const WorldOptions& options, const Settings& given)
    : settings(given), options_(options), random_(options.seed), replicas_(options.replicas) {
  for (std::int32_t i = 0; i < replicas_; ++i) {
    pods_.push_back({.id = next_pod_++, .created = now_ - 600s, .ready_at = now_ - 500s});
  }
}

std::int32_t World::ready() const {
  return static_cast<std::int32_t>(
      std::ranges::count_if(pods_, [this](const Pod& pod) { return pod.ready_at <= now_; }));
}

int World::draw_calls() {
  const double mean = options_.calls_per_second;
  if (!options_.noise) {
    const double before = static_cast<double>((now_ - 1s).time_since_epoch() / 1s) * mean;
    return static_cast<int>(std::floor(before + mean) - std::floor(before));
  }
  int calls = 0;  // Poisson: gaps are exponential
  for (double at = -std::log(1 - random_.unit()); at < mean; at -= std::log(1 - random_.unit())) {
    ++calls;
  }
  return calls;
}

double World::draw_size(double mean) {
  return options_.noise ? std::max(1.0, std::round(-std::log(1 - random_.unit()) * mean)) : mean;
}

World::Pod* World::least_loaded() {
  Pod* best = nullptr;
  for (Pod& pod : pods_) {
    if (pod.ready_at <= now_ && (best == nullptr || pod.left.size() < best->left.size())) {
      best = &pod;
    }
  }
  return best;
}

void World::reconcile_pods() {
  while (std::ssize(pods_) < replicas_) {
    pods_.push_back({.id = next_pod_++,
                     .created = now_,
                     .ready_at = now_ + std::chrono::seconds(options_.cold_start_seconds)});
  }
  while (std::ssize(pods_) > replicas_) {  // the newest go; their calls start again elsewhere
    for (const double output : pods_.back().left) {
      waiting_.emplace_back(options_.prompt_tokens, output);
    }
    pods_.pop_back();
  }
}

void World::arrive() {
  demand_ = {.start = now_ - 1s};
  const int calls = draw_calls();
  for (int i = 0; i < calls; ++i) {
    const double prompt = draw_size(options_.prompt_tokens);
    demand_.calls += 1;
    demand_.prompt_tokens += prompt;
    demand_.prompt_tokens_squared += prompt * prompt;
    waiting_.emplace_back(prompt, draw_size(options_.output_tokens));
  }
  while (!waiting_.empty()) {
    Pod* pod = least_loaded();
    if (pod == nullptr) {
      return;
    }
    const auto [prompt, output] = waiting_.front();
    waiting_.erase(waiting_.begin());
    pod->prefill_queue += prompt;
    pod->prompt_total += prompt;
    pod->left.push_back(output);
    pod->held.push_back(prompt);
  }
}

void World::serve(Pod& pod) {
  const EngineTimes& t = options_.truth;
  double seconds = 1;
  const double prefilled = std::min(pod.prefill_queue, seconds / t.prefill);
  pod.prefill_queue -= prefilled;
  seconds -= prefilled * t.prefill;
  const auto batch = static_cast<double>(pod.left.size());
  if (batch == 0) {
    return;
  }
  const double iterations = std::max(seconds, 0.0) / (t.iteration + batch * t.decode);
  pod.iterations_total += iterations;
  for (std::size_t i = pod.left.size(); i-- > 0;) {
    const double made = std::min(iterations, pod.left[i]);
    pod.generated_total += made;
    pod.left[i] -= made;
    pod.held[i] += made;
    if (pod.left[i] <= 0) {
      demand_.completed_calls += 1;
      demand_.completed_output_tokens += options_.output_tokens;
      calls_done_ += 1;
      pod.left.erase(pod.left.begin() + static_cast<std::ptrdiff_t>(i));
      pod.held.erase(pod.held.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  tokens_ += iterations * batch;
  sequence_seconds_ += batch;
}

EngineSample World::sample(const Pod& pod) const {
  double held = 0;
  for (const double tokens : pod.held) {
    held += tokens;
  }
  return {.fault = Fault::kNone,
          .scraped = now_,
          .prompt_tokens = pod.prompt_total,
          .generation_tokens = pod.generated_total,
          .iterations = pod.iterations_total,
          .running = static_cast<double>(pod.left.size()),
          .waiting = 0,
          .kv_usage = std::min(1.0, held / options_.kv_tokens),
          .kv_capacity_tokens = options_.kv_tokens};
}

Decision World::step() {
  now_ += 1s;
  reconcile_pods();
  arrive();
  for (Pod& pod : pods_) {
    if (pod.ready_at <= now_) {
      serve(pod);
    }
  }
  View view;
  view.replicas = settings.dry_run ? recommended() : replicas_;
  view.gateways = {{.id = 1,
                    .through = now_,
                    .news = {&demand_, 1},
                    .cold_start_calls = static_cast<double>(waiting_.size())}};
  for (const Pod& pod : pods_) {
    PodReport report{.id = pod.id, .facts = {.created = pod.created}};
    if (pod.ready_at <= now_) {
      report.facts.ready_since = pod.ready_at;
      report.engine = sample(pod);
    }
    view.pods.push_back(report);
  }
  spoil(view);
  const Decision decision = tick(settings, state_,
                                 {.now = now_,
                                  .replicas = view.replicas,
                                  .fixed_replicas = view.fixed,
                                  .gateways = view.gateways,
                                  .pods = view.pods});
  if (decision.acts()) {
    replicas_ = decision.to;
  }
  recommended_ = decision.dry_run ? std::optional(decision.to) : std::nullopt;
  return decision;
}

double World::token_seconds() {
  const double mean = tokens_ > 0 ? sequence_seconds_ / tokens_ : 0;
  tokens_ = 0;
  sequence_seconds_ = 0;
  return mean;
}

void World::run(int seconds, const std::function<void(const Decision&)>& look) {
  for (int i = 0; i < seconds; ++i) {
    const Decision decision = step();
    if (look) {
      look(decision);
    }
  }
}

}  // namespace penstock::scaling::testing_support
