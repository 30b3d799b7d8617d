#pragma once
// Reads the Azure LLM inference traces (AzurePublicDataset):
// TIMESTAMP,ContextTokens,GeneratedTokens. Knows that form; must not know scaling or engines.

#include <memory>
#include <string>

#include "sim/trace/request.h"

namespace penstock::sim {

/// Time 0 is the first row. Rows must be in order of time.
[[nodiscard]] Result<std::unique_ptr<TraceSource>> open_azure_csv(const std::string& path);

}  // namespace penstock::sim
