#include "gateway/core/access_log.h"

#include <iterator>

#include <fmt/format.h>

#include "base/log.h"
#include "base/time_format.h"

namespace penstock::gateway {
namespace {

constexpr std::size_t kLongestName = 200;  // names that clients choose

void append_text(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) {
    return;
  }
  out += ",\"";
  out += key;
  out += "\":";
  log::append_json_string(out, value.substr(0, kLongestName));
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{}", key, value);
}

void append_ms(std::string& out, std::string_view key, std::chrono::nanoseconds value) {
  const double ms = std::chrono::duration<double, std::milli>(value).count();
  fmt::format_to(std::back_inserter(out), ",\"{}\":{:.3f}", key, ms);
}

void append_flag(std::string& out, std::string_view key, bool value) {
  if (value) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":true", key);
  }
}

class Sink final : public UsageSink {
 public:
  explicit Sink(telemetry::LineWriter::Lane& lane) : lane_(lane) {}

  void emit(const UsageRecord& record) override {
    line_.clear();
    append_access_line(line_, record);
    lane_.append(line_);
  }

 private:
  telemetry::LineWriter::Lane& lane_;
  std::string line_;
};

}  // namespace

void append_access_line(std::string& out, const UsageRecord& record) {
  out += R"({"time":")";
  out += format_rfc3339(record.at);
  out += R"(","message":"call")";
  append_text(out, "requestId", record.request_id);
  if (record.consumer != nullptr) {
    append_text(out, "consumer", record.consumer->name);
    append_text(out, "project", record.consumer->billing.project);
  }
  append_text(out, "route", record.route);
  append_text(out, "deployment", record.deployment);
  append_text(out, "operation", record.operation);
  append_text(out, "model", record.model);
  append_flag(out, "stream", record.stream);
  append_number(out, "status", record.status);
  append_text(out, "errorCode", record.error_code);
  append_number(out, "inputTokens", record.usage.input);
  append_number(out, "cachedTokens", record.usage.cached);
  append_number(out, "outputTokens", record.usage.output);
  append_number(out, "reasoningTokens", record.usage.reasoning);
  append_flag(out, "estimated", record.estimated);
  append_number(out, "attempts", record.attempts);
  append_ms(out, "durationMs", record.duration);
  append_ms(out, "firstByteMs", record.to_first_byte);
  out += "}\n";
}

std::unique_ptr<UsageSink> AccessLog::sink() {
  return std::make_unique<Sink>(writer_.lane());
}

}  // namespace penstock::gateway
