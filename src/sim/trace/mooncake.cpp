#include "sim/trace/mooncake.h"

#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "sim/trace/json_fields.h"
#include "sim/trace/lines.h"
#include "sim/trace/reorder.h"

namespace penstock::sim {
namespace {

constexpr std::int64_t kMostMillis = std::int64_t{400} * 86'400'000;

class Mooncake final : public TraceSource {
 public:
  Mooncake(LineReader lines, const MooncakeOptions& options)
      : lines_(std::move(lines)), jitter_(options.jitter), random_(options.seed) {}

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
    return true;
  }

 private:
  Result<> take(std::string_view line) {
    PENSTOCK_TRY(object, parse_line(lines_, line));
    PENSTOCK_TRY(at, number(lines_, object, "timestamp", 0, kMostMillis));
    PENSTOCK_TRY(prompt, whole_number(lines_, object, "input_length", 1, kMostTokens));
    PENSTOCK_TRY(output, whole_number(lines_, object, "output_length", 0, kMostTokens));
    const std::chrono::nanoseconds time(std::llround(at * 1e6));
    if (time < last_) {
      return lines_.wrong(0, "\"timestamp\" " + fmt::format("{}", at) +
                                 " is before the line above; sort the file by time");
    }
    last_ = time;
    TraceRequest request{.at = time,
                         .prompt_tokens = static_cast<std::uint32_t>(prompt),
                         .output_tokens = static_cast<std::uint32_t>(output),
                         .blocks = {}};
    PENSTOCK_CHECK_OK(read_blocks(object, request));
    order_.watermark(time);
    if (jitter_.count() > 0) {
      request.at += std::chrono::nanoseconds(
          static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(jitter_.count()))));
    }
    order_.push(std::move(request));
    return {};
  }

  Result<> read_blocks(const json::Value& object, TraceRequest& request) const {
    const auto ids = object.find("hash_ids");
    if (ids == object.end()) {
      return {};
    }
    const std::size_t blocks = (request.prompt_tokens + kCoarseBlock - 1U) / kCoarseBlock;
    if (!ids->is_array() || ids->size() != blocks) {
      return lines_.wrong(0, "\"hash_ids\" must be a list of one id per " +
                                 std::to_string(kCoarseBlock) + " tokens of input_length, " +
                                 std::to_string(blocks) + " here");
    }
    request.blocks.reserve(blocks);
    for (const json::Value& id : *ids) {
      if (!id.is_number_integer()) {
        return lines_.wrong(0, "\"hash_ids\" has " + id.dump() + ", it must be a whole number");
      }
      request.blocks.push_back(static_cast<std::uint64_t>(id.get<std::int64_t>()));
    }
    return {};
  }

  LineReader lines_;
  Reorder order_;
  std::chrono::nanoseconds jitter_;
  std::chrono::nanoseconds last_{0};
  Random random_;
};

}  // namespace

Result<std::unique_ptr<TraceSource>> open_mooncake(const std::string& path,
                                                   const MooncakeOptions& options) {
  PENSTOCK_TRY(lines, LineReader::open(path));
  return std::make_unique<Mooncake>(std::move(lines), options);
}

Result<> write_mooncake(TraceSource& source, std::ostream& out) {
  constexpr std::int64_t kNanos = 1'000'000;
  TraceRequest request;
  while (true) {
    PENSTOCK_TRY(more, source.next(request));
    if (!more) {
      return {};
    }
    const std::int64_t fraction = request.at.count() % kNanos;
    out << "{\"timestamp\": " << request.at.count() / kNanos
        << (fraction == 0 ? "" : fmt::format(".{:06}", fraction))
        << ", \"input_length\": " << request.prompt_tokens
        << ", \"output_length\": " << request.output_tokens;
    for (std::size_t i = 0; i < request.blocks.size(); ++i) {
      out << (i == 0 ? ", \"hash_ids\": [" : ", ") << request.blocks[i];
    }
    out << (request.blocks.empty() ? "}\n" : "]}\n");
  }
}

}  // namespace penstock::sim
