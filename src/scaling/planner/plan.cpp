#include "scaling/planner/plan.h"

#include <algorithm>
#include <tuple>

#include "scaling/planner/explain.h"
#include "scaling/planner/remedy.h"
#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {
namespace {

bool fits(const Wish& wish, const Hardware& hardware, const Layout& layout) {
  const Share share = share_of(wish.shape, layout, wish.context);
  const std::uint64_t need =
      plus(plus(share.weights, share.engine), times(share.kv_per_call, wish.concurrency));
  return need <= usable_bytes(hardware.memory);
}

/// Memory of all that is used, by which hardware is compared.
std::uint64_t size_of(const Plan& plan, const Hardware& hardware) {
  return times(hardware.memory, std::max<std::uint64_t>(plan.accelerators, 1));
}

std::uint64_t sequences(const Wish& wish, std::uint64_t kv_tokens, std::uint64_t at_context) {
  const std::uint64_t usual = std::max(at_context, kv_tokens / kUsualCallTokens);
  return std::max({std::min(usual, kMostSequences), wish.concurrency, std::uint64_t{1}});
}

Plan made(const Wish& wish, const Hardware& hardware, const Layout& layout) {
  const Share share = share_of(wish.shape, layout, wish.context);
  const std::uint64_t room =
      minus_to_zero(minus_to_zero(usable_bytes(hardware.memory), share.weights), share.engine);
  Plan out;
  out.profile = hardware.name;
  out.layout = layout;
  out.accelerators = hardware.cpu ? 0 : std::max(wish.count, layout.accelerators());
  out.nodes = std::max(nodes_of(layout, hardware),
                       divide_up(out.accelerators, std::max<std::uint64_t>(hardware.per_node, 1)));
  out.weights = weight_bytes(wish.shape);
  out.kv_bytes = times(room, layout.accelerators());
  out.kv_bytes_per_token = kv_bytes_per_token(wish.shape);
  if (share.kv_per_token > 0 && share.kv_per_call > 0) {
    out.kv_tokens = room / share.kv_per_token;
    out.calls_at_context = room / share.kv_per_call;
    out.max_sequences = sequences(wish, out.kv_tokens, out.calls_at_context);
  }
  if (hardware.hourly_micro_usd) {
    out.hourly_micro_usd =
        times(*hardware.hourly_micro_usd, std::max<std::uint64_t>(out.accelerators, 1));
  }
  out.why = why_it_fits(wish, hardware, out);
  return out;
}

Planned planned(const Wish& wish, const Hardware& hardware,
                std::span<const Hardware> alternatives) {
  const auto possible = layouts(wish, hardware);
  if (!possible) {
    return std::unexpected(
        Refusal{Obstacle::kLayout, "model " + wish.model + ": " + possible.error().message()});
  }
  if (const auto layout = first_fit(wish, hardware)) {
    return made(wish, hardware, *layout);
  }
  return std::unexpected(
      Refusal{Obstacle::kMemory, why_it_does_not(wish, hardware, possible->back()) + "; " +
                                     remedies(wish, hardware, alternatives)});
}

}  // namespace

std::optional<Layout> first_fit(const Wish& wish, const Hardware& hardware) {
  const auto possible = layouts(wish, hardware);
  if (!possible) {
    return std::nullopt;
  }
  const auto found = std::ranges::find_if(
      *possible, [&](const Layout& layout) { return fits(wish, hardware, layout); });
  return found == possible->end() ? std::nullopt : std::optional(*found);
}

Planned plan_on(const Wish& wish, const Hardware& hardware) {
  return planned(wish, hardware, {});
}

Planned plan_among(const Wish& wish, const Hardware& hardware, std::span<const Hardware> all) {
  return planned(wish, hardware, all);
}

const Hardware* smallest_fit(const Wish& wish, std::span<const Hardware> all) {
  Wish free = wish;
  free.count = 0;
  free.tensor = 0;
  using Rank = std::tuple<bool, std::uint64_t, std::string>;
  const Hardware* best = nullptr;
  Rank best_rank;
  for (const Hardware& hardware : all) {
    if (const auto layout = first_fit(free, hardware)) {
      Rank rank{hardware.cpu, size_of(made(free, hardware, *layout), hardware), hardware.name};
      if (best == nullptr || rank < best_rank) {
        best = &hardware;
        best_rank = std::move(rank);
      }
    }
  }
  return best;
}

bool better(const Plan& a, const Hardware& on_a, const Plan& b, const Hardware& on_b) {
  const auto rank = [](const Plan& plan, const Hardware& hardware) {
    return std::tuple(hardware.cpu, plan.hourly_micro_usd.value_or(kTooMany), plan.accelerators,
                      size_of(plan, hardware), hardware.name);
  };
  return rank(a, on_a) < rank(b, on_b);
}

}  // namespace penstock::scaling::planner
