#include "scaling/planner/explain.h"

#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kTenths = 10;

std::string text(std::uint64_t value) {
  return std::to_string(value);
}

std::string tenths(std::uint64_t bytes, std::uint64_t unit, const char* name) {
  const std::uint64_t rest = (bytes % unit * kTenths + unit / 2) / unit;
  const std::uint64_t whole = bytes / unit + rest / kTenths;
  return text(whole) + "." + text(rest % kTenths) + " " + name;
}

std::string counted(std::uint64_t number, const char* what) {
  return text(number) + " " + what + (number == 1 ? "" : "s");
}

std::string where(const Hardware& hardware, const Layout& layout) {
  if (hardware.cpu) {
    return "a node of " + hardware.name;
  }
  std::string out = text(layout.accelerators()) + " x " + hardware.name;
  if (layout.accelerators() > 1) {
    out += " (tensor " + text(layout.tensor) +
           (layout.pipeline > 1 ? ", pipeline " + text(layout.pipeline) : "") + ")";
  }
  return out;
}

std::string context_of(const Wish& wish) {
  return text(wish.context) +
         (wish.context_given ? " tokens" : " tokens (assumed: model.contextLength is not given)");
}

/// KV heads that stand on several accelerators, or all of a compressed cache.
bool replicated(const Wish& wish, const Layout& layout) {
  return layout.tensor > 1 && wish.shape.knows_kv() &&
         (wish.shape.latent_dim > 0 || layout.tensor > wish.shape.kv_heads);
}

}  // namespace

std::string in_words(std::uint64_t bytes) {
  if (bytes >= kGiB) {
    return tenths(bytes, kGiB, "GiB");
  }
  return bytes >= kMiB ? tenths(bytes, kMiB, "MiB") : tenths(bytes, kKiB, "KiB");
}

std::string why_it_fits(const Wish& wish, const Hardware& hardware, const Plan& plan) {
  const Share share = share_of(wish.shape, plan.layout, wish.context);
  std::string out = wish.model + " has " + in_words(plan.weights) + " of weights; on " +
                    where(hardware, plan.layout) + " each holds " + in_words(share.weights) +
                    " of them and " + in_words(share.engine) + " for the engine, out of " +
                    in_words(usable_bytes(hardware.memory)) + " that can be used";
  if (plan.accelerators > plan.layout.accelerators()) {
    out += "; " + text(plan.accelerators - plan.layout.accelerators()) +
           " of the fixed count are not used by it";
  }
  if (plan.kv_tokens == 0) {
    return out +
           "; the rest is for the KV cache, whose size per token is not known: give layers, "
           "kvHeads and headDim in model.architecture";
  }
  return out + "; the rest, " + in_words(plan.kv_bytes) + ", is KV cache for " +
         counted(plan.kv_tokens, "token") + " of " + in_words(plan.kv_bytes_per_token) +
         (replicated(wish, plan.layout) ? " (held several times)" : "") + ": " +
         counted(plan.calls_at_context, "call") + " of " + context_of(wish);
}

std::string why_it_does_not(const Wish& wish, const Hardware& hardware, const Layout& layout) {
  const Share share = share_of(wish.shape, layout, wish.context);
  const std::uint64_t cache = times(share.kv_per_call, wish.concurrency);
  const std::uint64_t need = plus(plus(share.weights, share.engine), cache);
  std::string out = "model " + wish.model + " does not fit " + where(hardware, layout) +
                    ": each would need " + in_words(need) + " (" + in_words(share.weights) +
                    " of weights, " + in_words(share.engine) + " for the engine";
  if (cache > 0) {
    out += ", " + in_words(cache) + " of KV cache for " + counted(wish.concurrency, "call") +
           " of " + context_of(wish);
  }
  return out + ") and can use " + in_words(usable_bytes(hardware.memory));
}

}  // namespace penstock::scaling::planner
