#pragma once
// Bits of one weight, from what config.json says of quantization and of the number format. Pure.

#include <cstdint>

#include "app/plan/config_fields.h"

namespace penstock::app::plan {

/// As an engine loads them: 16 where nothing is said, and for 32 bits. A format that is not known
/// becomes a complaint of `config`.
[[nodiscard]] std::uint64_t weight_bits(ConfigFields& config);

}  // namespace penstock::app::plan
