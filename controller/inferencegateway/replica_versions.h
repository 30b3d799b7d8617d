#pragma once
// Asks gateway pods which configuration they run. Knows their admin door; judges nothing. Blocking,
// for at most half a second.

#include <cstdint>
#include <stop_token>
#include <vector>

#include "controller/inferencegateway/observe.h"

namespace penstock::controller::inferencegateway {

/// Fills in `version` of those that are ready and answer.
void ask_versions(std::vector<Replica>& replicas, std::uint16_t admin_port,
                  const std::stop_token& stop);

}  // namespace penstock::controller::inferencegateway
