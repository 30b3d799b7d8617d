#include "scaling/planner/layout.h"

#include <algorithm>

#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {
namespace {

std::string text(std::uint64_t value) {
  return std::to_string(value);
}

/// The largest size up to `limit` that the model allows; 1 always is one.
std::uint64_t best_tensor(const ModelShape& shape, std::uint64_t limit) {
  for (std::uint64_t tensor = limit; tensor > 1; --tensor) {
    if (!tensor_problem(shape, tensor)) {
      return tensor;
    }
  }
  return 1;
}

std::string too_many_nodes(const Wish& wish, const Hardware& hardware, const Layout& layout) {
  return "engine.parallelism (tensor " + text(layout.tensor) + " x pipeline " +
         text(layout.pipeline) + ") takes " + text(nodes_of(layout, hardware)) + " nodes of " +
         text(hardware.per_node) + " x " + hardware.name + ", and a replica may span " +
         text(wish.max_nodes) + "; lower engine.parallelism.pipeline or use a larger profile";
}

Result<Layout> checked(const Wish& wish, const Hardware& hardware, std::uint64_t tensor,
                       const std::string& field) {
  const std::uint64_t limit = domain_of(hardware);
  if (tensor > limit) {
    return fail(Code::kInvalid,
                field + " asks for tensor size " + text(tensor) + ", and " + hardware.name +
                    " joins " + text(limit) + " accelerators; use at most " +
                    text(best_tensor(wish.shape, limit)) +
                    " and set engine.parallelism.pipeline to spread over several nodes");
  }
  if (const auto problem = tensor_problem(wish.shape, tensor)) {
    return fail(Code::kInvalid, field + " asks for tensor size " + text(tensor) + ", and " +
                                    *problem + "; use " + text(best_tensor(wish.shape, tensor)));
  }
  const Layout layout{tensor, wish.pipeline};
  if (wish.max_nodes > 0 && nodes_of(layout, hardware) > wish.max_nodes) {
    return fail(Code::kInvalid, too_many_nodes(wish, hardware, layout));
  }
  return layout;
}

Result<Layout> fixed(const Wish& wish, const Hardware& hardware) {
  if (wish.tensor > 0) {
    const std::uint64_t needed = times(wish.tensor, wish.pipeline);
    if (wish.count > 0 && wish.count < needed) {
      return fail(Code::kInvalid, "engine.accelerator.count " + text(wish.count) +
                                      " is less than engine.parallelism asks for (tensor " +
                                      text(wish.tensor) + " x pipeline " + text(wish.pipeline) +
                                      "); raise count to " + text(needed) + " or remove it");
    }
    return checked(wish, hardware, wish.tensor, "engine.parallelism.tensor");
  }
  if (wish.count % wish.pipeline != 0) {
    return fail(Code::kInvalid, "engine.accelerator.count " + text(wish.count) +
                                    " is no multiple of engine.parallelism.pipeline " +
                                    text(wish.pipeline) + "; use one, for example " +
                                    text(times(wish.count / wish.pipeline + 1, wish.pipeline)));
  }
  return checked(wish, hardware, wish.count / wish.pipeline, "engine.accelerator.count");
}

}  // namespace

std::optional<std::string> tensor_problem(const ModelShape& shape, std::uint64_t tensor) {
  if (shape.attention_heads > 0 && shape.attention_heads % tensor != 0) {
    return "that does not divide the " + text(shape.attention_heads) + " attention heads";
  }
  const bool divided = shape.kv_heads > 0 && shape.latent_dim == 0;
  if (divided && shape.kv_heads % tensor != 0 && tensor % shape.kv_heads != 0) {
    return "that neither divides the " + text(shape.kv_heads) +
           " KV heads nor is a multiple of them";
  }
  return std::nullopt;
}

std::uint64_t domain_of(const Hardware& hardware) {
  const std::uint64_t joined = hardware.domain == 0 ? hardware.per_node : hardware.domain;
  return std::max<std::uint64_t>(std::min(joined, hardware.per_node), 1);
}

std::uint64_t nodes_of(const Layout& layout, const Hardware& hardware) {
  const std::uint64_t stages = std::max<std::uint64_t>(hardware.per_node / layout.tensor, 1);
  return divide_up(layout.pipeline, stages);
}

Result<std::vector<Layout>> layouts(const Wish& wish, const Hardware& hardware) {
  if (hardware.cpu) {
    return std::vector{Layout{}};
  }
  if (wish.shape.layers > 0 && wish.pipeline > wish.shape.layers) {
    return fail(Code::kInvalid, "engine.parallelism.pipeline " + text(wish.pipeline) +
                                    " is more than the " + text(wish.shape.layers) +
                                    " layers of the model; use fewer stages");
  }
  if (wish.count > 0 || wish.tensor > 0) {
    PENSTOCK_TRY(layout, fixed(wish, hardware));
    return std::vector{layout};
  }
  std::vector<Layout> out;
  for (std::uint64_t tensor = 1; tensor <= domain_of(hardware); tensor *= 2) {
    const Layout layout{tensor, wish.pipeline};
    const bool near = wish.max_nodes == 0 || nodes_of(layout, hardware) <= wish.max_nodes;
    if (near && !tensor_problem(wish.shape, tensor)) {
      out.push_back(layout);
    }
  }
  if (out.empty()) {
    return fail(Code::kInvalid, too_many_nodes(wish, hardware, {1, wish.pipeline}));
  }
  return out;
}

}  // namespace penstock::scaling::planner
