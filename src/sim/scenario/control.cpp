// The slow half of a run: scraping, asking the scaler, creating and draining pods.
#include <algorithm>

#include "sim/scenario/run.h"

namespace penstock::sim {

void Run::do_controls() {
  while (controls_.next_time() <= now_) {
    do_control(controls_.pop().second);
  }
}

void Run::do_control(const Control& control) {
  switch (control.step) {
    case Step::kReady:
      if (pods_.make_ready(control.slot, control.serial, now_)) {
        tell_gateways();
        drain_queue();
      }
      return;
    case Step::kScrape:
      pods_.scrape(now_, scraped_);
      controls_.push(now_ + std::min(sampling_.delay, sampling_.interval),
                     {.step = Step::kPublish});
      controls_.push(now_ + sampling_.interval, {.step = Step::kScrape});
      return;
    case Step::kPublish:
      std::swap(visible_, scraped_);
      forget_samples_of_gone_pods();
      return;
    case Step::kTick:
      tick();
      controls_.push(now_ + kTick, {.step = Step::kTick});
      return;
  }
}

/// Which pods are ready now.
void Run::tell_gateways() {
  for (Front& front : fronts_) {
    front.endpoints(pods_);
  }
}

void Run::tick() {
  give_up_late();
  pods_.list(lives_);
  for (PodLife& life : lives_) {
    if (life.ready_since == life.created) {  // there from the beginning: it started before
      life.created -= scenario_.cold_start;
    }
  }
  const Observation seen{.now = now_,
                         .desired = desired_,
                         .starting = pods_.starting(),
                         .ready = static_cast<std::uint32_t>(pods_.ready().size()),
                         .lives = lives_,
                         .pods = visible_,
                         .gateway = reported_};
  scale_to(std::clamp(scaler_.desired(seen), scenario_.min_replicas, scenario_.max_replicas), seen);
  reported_ = report();
  tally_.sample(now_, static_cast<std::uint32_t>(pods_.ready().size()), pods_.holding(),
                queue_.size());
}

GatewaySample Run::report() const {
  GatewaySample sample = counts_;
  sample.at = now_;
  sample.in_flight = in_flight_;
  sample.queued = static_cast<std::uint32_t>(queue_.size());
  return sample;
}

void Run::scale_to(std::uint32_t wanted, const Observation& seen) {
  const auto have = static_cast<std::uint32_t>(pods_.ready().size()) + pods_.starting();
  desired_ = wanted;
  for (std::uint32_t i = have; i < wanted; ++i) {
    const std::uint32_t slot = pods_.add(now_, PodPhase::kStarting);
    controls_.push(now_ + scenario_.cold_start,
                   {.step = Step::kReady, .slot = slot, .serial = pods_.at(slot).serial});
  }
  if (wanted < have && pods_.take_away(have - wanted, scaler_.first_to_go(seen), now_)) {
    tell_gateways();
    forget_samples_of_gone_pods();
  }
}

/// Whoever reads metrics knows the list of pods from the cluster, so a pod taken away is no longer
/// looked at.
void Run::forget_samples_of_gone_pods() {
  std::erase_if(visible_, [&](const PodSample& sample) {
    return std::ranges::none_of(
        pods_.ready(), [&](std::uint32_t slot) { return pods_.at(slot).serial == sample.pod; });
  });
}

}  // namespace penstock::sim
