#include "gateway/core/access_log.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "base/time_format.h"

namespace penstock::gateway {
namespace {

constexpr std::size_t kLongestName = 200;  // names that clients choose

// Written by hand, since a line is written per call: a general formatter would cost more than
// routing does.

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

/// `key` comes as it stands in the line: `,"route":`. Empty values are left out.
void append_text(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) {
    return;
  }
  value = value.substr(0, kLongestName);
  out += key;
  if (plain(value)) {
    out += '"';
    out += value;
    out += '"';
  } else {
    log::append_json_string(out, value);
  }
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
  out += key;
  append_integer(out, value);
}

/// Milliseconds with three digits after the point.
void append_ms(std::string& out, std::string_view key, std::chrono::nanoseconds value) {
  constexpr std::int64_t kThousand = 1'000;
  const std::int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
  out += key;
  append_integer(out, us / kThousand);
  const std::int64_t rest = us % kThousand;
  out += '.';
  for (const std::int64_t unit : {100, 10, 1}) {
    out += static_cast<char>('0' + rest / unit % 10);
  }
}

/// RFC 3339 in UTC with milliseconds; the text of the second is kept, because most lines share it
/// with the one before.
void append_time(std::string& out, WallTime time) {
  thread_local WallTime last_second;
  thread_local std::string text;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (text.empty() || second != last_second) {
    last_second = second;
    text = format_rfc3339(second);
    text.resize(text.size() - 4);  // "000Z"
  }
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time - second).count();
  out += text;
  for (const std::int64_t unit : {100, 10, 1}) {
    out += static_cast<char>('0' + ms / unit % 10);
  }
  out += 'Z';
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
  append_time(out, record.at);
  out += R"(","message":"call")";
  append_text(out, R"(,"requestId":)", record.request_id);
  if (record.consumer != nullptr) {
    append_text(out, R"(,"consumer":)", record.consumer->name);
    append_text(out, R"(,"project":)", record.consumer->billing.project);
  }
  append_text(out, R"(,"route":)", record.route);
  append_text(out, R"(,"deployment":)", record.deployment);
  append_text(out, R"(,"operation":)", record.operation);
  append_text(out, R"(,"model":)", record.model);
  out += record.stream ? R"(,"stream":true)" : R"(,"stream":false)";
  append_number(out, R"(,"status":)", record.status);
  append_text(out, R"(,"errorCode":)", record.error_code);
  append_number(out, R"(,"inputTokens":)", record.usage.input);
  append_number(out, R"(,"cachedTokens":)", record.usage.cached);
  append_number(out, R"(,"outputTokens":)", record.usage.output);
  append_number(out, R"(,"reasoningTokens":)", record.usage.reasoning);
  out += record.estimated ? R"(,"estimated":true)" : R"(,"estimated":false)";
  append_number(out, R"(,"attempts":)", record.attempts);
  append_ms(out, R"(,"durationMs":)", record.duration);
  append_ms(out, R"(,"waitedMs":)", record.waited);
  append_ms(out, R"(,"firstByteMs":)", record.to_first_byte);
  out += "}\n";
}

std::unique_ptr<UsageSink> AccessLog::sink() {
  return std::make_unique<Sink>(writer_.lane());
}

}  // namespace penstock::gateway
