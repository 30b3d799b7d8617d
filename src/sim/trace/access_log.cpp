#include "sim/trace/access_log.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "sim/trace/json_fields.h"
#include "sim/trace/lines.h"
#include "sim/trace/reorder.h"

namespace penstock::sim {
namespace {

std::string text_of(const json::Value& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class AccessLog final : public TraceSource {
 public:
  AccessLog(LineReader lines, AccessLogOptions options)
      : lines_(std::move(lines)), options_(std::move(options)) {}

  Result<bool> next(TraceRequest& request) override {
    while (!order_.has_next()) {
      PENSTOCK_TRY(line, lines_.next());
      if (!line) {
        order_.end();
        if (!order_.has_next()) {
          return false;
        }
        break;
      }
      if (!line->empty()) {
        PENSTOCK_CHECK_OK(take(*line));
      }
    }
    request = order_.pop();
    if (!first_) {
      first_ = request.at;
    }
    request.at -= *first_;
    return true;
  }

 private:
  /// Times are kept since the epoch until the first call is known.
  Result<> take(std::string_view line) {
    PENSTOCK_TRY(object, parse_line(lines_, line));
    if (text_of(object, "message") != "call") {
      return {};
    }
    const std::string when = text_of(object, "time");
    const auto began = parse_rfc3339(when);
    if (!began) {
      return lines_.wrong(0, "\"time\" is \"" + when +
                                 "\", it must be RFC 3339, for example 2026-03-01T08:00:00.000Z");
    }
    PENSTOCK_TRY(prompt, whole_number(lines_, object, "inputTokens", 0, kMostTokens));
    PENSTOCK_TRY(output, whole_number(lines_, object, "outputTokens", 0, kMostTokens));
    PENSTOCK_TRY(millis, whole_number(lines_, object, "durationMs", 0, 86'400'000));
    const std::chrono::nanoseconds at = began->time_since_epoch();
    order_.watermark(at + std::chrono::milliseconds(millis) - options_.longest_call);
    const bool wanted =
        options_.deployment.empty() || text_of(object, "deployment") == options_.deployment;
    if (prompt > 0 && wanted) {
      order_.push({.at = at,
                   .prompt_tokens = static_cast<std::uint32_t>(prompt),
                   .output_tokens = static_cast<std::uint32_t>(output),
                   .blocks = {}});
    }
    return {};
  }

  LineReader lines_;
  AccessLogOptions options_;
  Reorder order_;
  std::optional<std::chrono::nanoseconds> first_;
};

}  // namespace

Result<std::unique_ptr<TraceSource>> open_access_log(const std::string& path,
                                                     const AccessLogOptions& options) {
  PENSTOCK_TRY(lines, LineReader::open(path));
  return std::make_unique<AccessLog>(std::move(lines), options);
}

}  // namespace penstock::sim
