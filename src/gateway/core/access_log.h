#pragma once
// One JSON line per inference call: who, what, where, how long, how many tokens. Never a prompt, an
// answer or a key.

#include <memory>
#include <string>

#include "gateway/core/usage_record.h"
#include "telemetry/line_writer.h"

namespace penstock::gateway {

/// Appends the line, with its line end.
void append_access_line(std::string& out, const UsageRecord& record);

class AccessLog {
 public:
  /// The descriptor (1 for standard output) stays the caller's and must outlive the log.
  explicit AccessLog(int descriptor) : writer_(descriptor) {}

  /// One per core; the log must outlive it.
  [[nodiscard]] std::unique_ptr<UsageSink> sink();

 private:
  telemetry::LineWriter writer_;
};

}  // namespace penstock::gateway
