#pragma once
// Why an engine ended, from the last lines of its log: what vLLM, SGLang, llama.cpp and the Hugging
// Face libraries say when weights, disk or accelerator memory are missing. Pure. Knows engines'
// words, not pods.
//
// The kubelet keeps the tail of a failed container's log (terminationMessagePolicy
// FallbackToLogsOnError), at most 80 lines or 2 KiB, so only words near the end are looked for.

#include <optional>
#include <string_view>

#include "controller/condition/finding.h"

namespace penstock::controller::modeldeployment {

/// Absent when the words say nothing known. The message stays the same while the cause does: paths,
/// counts and addresses of the log are left out.
[[nodiscard]] std::optional<condition::Finding> cause_in_last_words(std::string_view log);

}  // namespace penstock::controller::modeldeployment
