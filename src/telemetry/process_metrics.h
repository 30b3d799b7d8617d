#pragma once
// What the operating system says of this process, under Prometheus's customary names. Linux. Any
// thread.

#include <string>

namespace penstock::telemetry {

/// process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds, as exposition text.
[[nodiscard]] std::string process_metrics_text();

}  // namespace penstock::telemetry
