#include "scaling/planner/remedy.h"

#include <array>
#include <optional>
#include <vector>

#include "scaling/planner/plan.h"
#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {
namespace {

constexpr std::uint64_t kContextStep = 1024;

std::string text(std::uint64_t value) {
  return std::to_string(value);
}

/// More accelerators, where the user fixed too few.
std::optional<std::string> more_accelerators(const Wish& wish, const Hardware& hardware) {
  if (wish.count == 0 && wish.tensor == 0) {
    return std::nullopt;
  }
  Wish free = wish;
  free.count = 0;
  free.tensor = 0;
  const auto layout = first_fit(free, hardware);
  if (!layout || layout->accelerators() <= wish.count) {
    return std::nullopt;
  }
  const std::string number = text(layout->accelerators());
  return wish.tensor == 0
             ? "engine.accelerator.count " + number
             : number + " accelerators (engine.parallelism.tensor " + text(layout->tensor) + ")";
}

/// More nodes, where a replica may span them.
std::optional<std::string> more_stages(const Wish& wish, const Hardware& hardware) {
  if (hardware.cpu || wish.count > 0 || wish.tensor > 0) {
    return std::nullopt;
  }
  Wish deeper = wish;
  for (const std::uint64_t stages : {2U, 4U, 8U}) {
    deeper.pipeline = stages;
    const auto layout = stages > wish.pipeline ? first_fit(deeper, hardware) : std::nullopt;
    if (layout) {
      return "engine.parallelism.pipeline " + text(stages) + " (" + text(layout->accelerators()) +
             " accelerators on " + text(nodes_of(*layout, hardware)) + " nodes)";
    }
  }
  return std::nullopt;
}

std::optional<std::string> fewer_bits(const Wish& wish, const Hardware& hardware) {
  Wish lighter = wish;
  for (const std::uint64_t bits : {8U, 4U}) {
    lighter.shape.weight_bits = bits;
    if (bits < wish.shape.weight_bits && first_fit(lighter, hardware)) {
      return "a model quantized to " + text(bits) + " bits (model.architecture.weightBits)";
    }
  }
  return std::nullopt;
}

/// The largest value from 1 to `most` with which it fits; 0 when none does. It fits with all
/// smaller ones too.
template <class With>
std::uint64_t largest(std::uint64_t most, const Hardware& hardware, const With& with) {
  std::uint64_t good = 0;
  std::uint64_t bad = most + 1;
  while (bad - good > 1) {
    const std::uint64_t middle = good + (bad - good) / 2;
    (first_fit(with(middle), hardware) ? good : bad) = middle;
  }
  return good;
}

std::optional<std::string> shorter_context(const Wish& wish, const Hardware& hardware) {
  std::uint64_t context =
      largest(minus_to_zero(wish.context, 1), hardware, [&](std::uint64_t value) {
        Wish shorter = wish;
        shorter.context = value;
        return shorter;
      });
  context -= context % kContextStep;
  return context == 0 ? std::nullopt
                      : std::optional("a model.contextLength of at most " + text(context));
}

std::optional<std::string> fewer_calls(const Wish& wish, const Hardware& hardware) {
  const std::uint64_t calls =
      largest(minus_to_zero(wish.concurrency, 1), hardware, [&](std::uint64_t value) {
        Wish fewer = wish;
        fewer.concurrency = value;
        return fewer;
      });
  return calls == 0 ? std::nullopt
                    : std::optional("an engine.concurrency of at most " + text(calls));
}

}  // namespace

std::string remedies(const Wish& wish, const Hardware& hardware,
                     std::span<const Hardware> alternatives) {
  using Remedy = std::optional<std::string> (*)(const Wish&, const Hardware&);
  constexpr std::array<Remedy, 5> kHere{more_accelerators, more_stages, fewer_calls,
                                        shorter_context, fewer_bits};
  std::string here;
  for (const Remedy remedy : kHere) {
    if (const auto words = remedy(wish, hardware)) {
      here += (here.empty() ? "" : ", or ") + *words;
    }
  }
  std::string out;
  if (!alternatives.empty()) {
    const Hardware* other = smallest_fit(wish, alternatives);
    out = other == nullptr ? "no profile that exists is large enough; "
                           : "the smallest profile that fits is " + other->name + "; ";
  }
  return out + (here.empty() ? "nothing else would make it fit " + hardware.name
                             : "on " + hardware.name + " it fits with " + here);
}

}  // namespace penstock::scaling::planner
