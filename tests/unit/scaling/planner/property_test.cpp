// What holds for every model and every accelerator.
#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "known_models.h"
#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {
namespace {

// With a fixed seed, so that a run that fails can be run again.
const bool kSeeded = setenv("RC_PARAMS", "seed=20260101 max_success=400", 0) == 0;

std::uint64_t between(std::uint64_t low, std::uint64_t high) {
  return *rc::gen::inRange<std::uint64_t>(low, high + 1);
}

ModelShape any_shape() {
  ModelShape out;
  out.parameters = between(1, 2'000'000) * 1'000'000;
  out.layers = between(1, 160);
  out.hidden_size = between(0, 160) * 128;
  out.kv_heads = between(1, 16);
  out.attention_heads = out.kv_heads * between(1, 16);
  out.head_dim = between(1, 4) * 64;
  out.latent_dim = *rc::gen::element<std::uint64_t>(0, 0, 576);
  out.window = *rc::gen::element<std::uint64_t>(0, 0, 1024, 4096);
  out.window_layers = between(0, 160);
  out.vocabulary = between(0, 200'000);
  out.weight_bits = *rc::gen::element<std::uint64_t>(4, 6, 8, 16, 32);
  out.kv_bits = *rc::gen::element<std::uint64_t>(8, 16);
  return out;
}

Hardware any_hardware(const std::string& name) {
  Hardware out = hardware(name, between(8, 300) * 1024, between(1, 16), between(0, 16));
  out.cpu = between(0, 9) == 0;
  return out;
}

Wish any_wish() {
  Wish out = wish_for(any_shape(), between(1, 300'000));
  out.concurrency = between(1, 64);
  out.pipeline = *rc::gen::element<std::uint64_t>(1, 1, 1, 2, 3);
  return out;
}

/// Accelerators of the plan; more than any when it is refused.
std::uint64_t needed(const Wish& wish, const Hardware& on) {
  const auto layout = first_fit(wish, on);
  return layout ? layout->accelerators() : kTooMany;
}

RC_GTEST_PROP(Planner, NeverDividesWhatDoesNotDivide, ()) {
  const Wish wish = any_wish();
  const Hardware on = any_hardware("x");
  const auto plan = plan_on(wish, on);
  RC_PRE(plan.has_value());
  RC_ASSERT(wish.shape.attention_heads % plan->layout.tensor == 0U);
  RC_ASSERT(wish.shape.latent_dim > 0 || wish.shape.kv_heads % plan->layout.tensor == 0U ||
            plan->layout.tensor % wish.shape.kv_heads == 0U);
  RC_ASSERT(plan->layout.tensor <= domain_of(on));
  RC_ASSERT(plan->layout.pipeline == (on.cpu ? 1 : wish.pipeline));
}

RC_GTEST_PROP(Planner, WhatItPlansIsThere, ()) {
  const Wish wish = any_wish();
  const Hardware on = any_hardware("x");
  const auto plan = plan_on(wish, on);
  RC_PRE(plan.has_value());
  RC_ASSERT(plan->calls_at_context >= wish.concurrency);
  RC_ASSERT(plan->max_sequences >= wish.concurrency);
  const std::uint64_t used =
      plus(plan->weights, times(plan->kv_tokens, kv_bytes_per_token(wish.shape)));
  // The whole cache counted once can only be less than what the accelerators hold of it.
  RC_ASSERT(used <= times(usable_bytes(on.memory), plan->layout.accelerators()) ||
            wish.shape.layers % plan->layout.pipeline != 0U);
}

RC_GTEST_PROP(Planner, LongerContextNeverNeedsFewer, ()) {
  Wish wish = any_wish();
  const Hardware on = any_hardware("x");
  const auto before = needed(wish, on);
  wish.context += between(0, 300'000);
  RC_ASSERT(needed(wish, on) >= before);
}

RC_GTEST_PROP(Planner, MoreBitsNeverNeedFewer, ()) {
  Wish wish = any_wish();
  const Hardware on = any_hardware("x");
  const auto before = needed(wish, on);
  wish.shape.weight_bits += between(0, 16);
  wish.shape.kv_bits += between(0, 16);
  RC_ASSERT(needed(wish, on) >= before);
}

RC_GTEST_PROP(Planner, MoreParametersAndCallsNeverNeedFewer, ()) {
  Wish wish = any_wish();
  const Hardware on = any_hardware("x");
  const auto before = needed(wish, on);
  wish.shape.parameters += between(0, 1'000'000) * 1'000'000;
  wish.concurrency += between(0, 64);
  RC_ASSERT(needed(wish, on) >= before);
}

RC_GTEST_PROP(Planner, MoreMemoryNeverNeedsMore, ()) {
  const Wish wish = any_wish();
  Hardware on = any_hardware("x");
  const auto before = needed(wish, on);
  on.memory += between(0, 300) * kGiB;
  RC_ASSERT(needed(wish, on) <= before);
}

RC_GTEST_PROP(Planner, WhatARefusalNamesReallyFits, ()) {
  const Wish wish = any_wish();
  std::vector<Hardware> all;
  for (const char* name : {"a", "b", "c", "d"}) {
    all.push_back(any_hardware(name));
  }
  const auto refused = plan_among(wish, all.front(), all);
  RC_PRE(!refused.has_value());
  RC_PRE(refused.error().obstacle == Obstacle::kMemory);
  const std::string& message = refused.error().message;
  constexpr std::string_view kSays = "the smallest profile that fits is ";
  const auto at = message.find(kSays);
  for (const Hardware& other : all) {
    const bool named =
        at != std::string::npos && message.substr(at + kSays.size(), 1) == other.name;
    RC_ASSERT(!named || first_fit(wish, other));
    RC_ASSERT(at != std::string::npos || !first_fit(wish, other));
  }
  constexpr std::string_view kContext = "a model.contextLength of at most ";
  if (const auto place = message.find(kContext); place != std::string::npos) {
    Wish shorter = wish;
    shorter.context = std::stoull(message.substr(place + kContext.size()));
    RC_ASSERT(first_fit(shorter, all.front()));
  }
  constexpr std::string_view kBits = "a model quantized to ";
  if (const auto place = message.find(kBits); place != std::string::npos) {
    Wish lighter = wish;
    lighter.shape.weight_bits = std::stoull(message.substr(place + kBits.size()));
    RC_ASSERT(first_fit(lighter, all.front()));
  }
}

RC_GTEST_PROP(Planner, AnyNumbersAtAllAreAnswered, ()) {
  Wish wish = any_wish();
  const auto wild = [] { return *rc::gen::arbitrary<std::uint64_t>() << between(0, 63); };
  wish.shape.parameters = wild();
  wish.shape.layers = wild();
  wish.shape.head_dim = wild();
  wish.shape.kv_bits = wild();
  wish.shape.vocabulary = wild();
  wish.context = wild();
  wish.concurrency = wild();
  const auto plan = plan_on(wish, any_hardware("x"));
  const std::string words = plan ? plan->why : plan.error().message;
  RC_ASSERT(!words.empty());
}

}  // namespace
}  // namespace penstock::scaling::planner
