#pragma once
// Which ways there are to spread a model over accelerators: what divides its heads, what one fabric
// domain joins, what the user fixed. Pure; knows no bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scaling/planner/memory.h"
#include "scaling/planner/wish.h"

namespace penstock::scaling::planner {

/// Why the model cannot be divided so; absent when it can. The size must divide the attention
/// heads, and divide the KV heads or be a multiple of them (each is then held several times).
[[nodiscard]] std::optional<std::string> tensor_problem(const ModelShape& shape,
                                                        std::uint64_t tensor);

/// Accelerators that tensor parallelism may use together: one fabric domain, and one node.
[[nodiscard]] std::uint64_t domain_of(const Hardware& hardware);

/// Nodes that one replica spans: a stage of a pipeline never does.
[[nodiscard]] std::uint64_t nodes_of(const Layout& layout, const Hardware& hardware);

/// The smallest first; never empty. Powers of two, unless the user fixed a number. An error says
/// what the user fixed and why it cannot be.
[[nodiscard]] Result<std::vector<Layout>> layouts(const Wish& wish, const Hardware& hardware);

}  // namespace penstock::scaling::planner
