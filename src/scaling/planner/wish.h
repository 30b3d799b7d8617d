#pragma once
// What is asked of the planner and what there is to plan with: records. A wish is a model with its
// context and what the user fixed; hardware is what an AcceleratorProfile says.

#include <cstdint>
#include <optional>
#include <string>

#include "scaling/planner/model_shape.h"

namespace penstock::scaling::planner {

inline constexpr std::uint64_t kDefaultContext = 8192;  ///< when the model does not say

struct Wish {
  std::string model;  ///< for messages
  ModelShape shape;
  std::uint64_t context = kDefaultContext;
  bool context_given = false;
  std::uint64_t concurrency = 1;  ///< calls of the full context that must fit at once
  std::uint64_t count = 0;        ///< accelerators that the user fixed; 0: the planner chooses
  std::uint64_t tensor = 0;       ///< the same
  std::uint64_t pipeline = 1;     ///< never chosen by the planner
  std::uint64_t max_nodes = 0;    ///< that one replica may span; 0: any number
};

struct Hardware {
  std::string name;
  bool cpu = false;          ///< a node without accelerators: memory is the node's
  std::uint64_t memory = 0;  ///< bytes of one accelerator
  std::uint64_t per_node = 1;
  std::uint64_t domain = 0;  ///< accelerators on one fabric; 0: those of a node, over PCIe
  std::optional<std::uint64_t> hourly_micro_usd;  ///< of one accelerator
};

}  // namespace penstock::scaling::planner
