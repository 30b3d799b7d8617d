#pragma once
// Always the same number of replicas: what one pays without an autoscaler. Knows nothing.

#include <cstdint>

#include "sim/scenario/scaler.h"

namespace penstock::sim {

class Fixed final : public Scaler {
 public:
  explicit Fixed(std::uint32_t replicas) : replicas_(replicas) {}
  [[nodiscard]] std::uint32_t desired(const Observation&) override { return replicas_; }

 private:
  std::uint32_t replicas_;
};

}  // namespace penstock::sim
