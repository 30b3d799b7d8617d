#include "sim/engine_model/perf_model.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace penstock::sim {
namespace {

constexpr double kNanosPerMilli = 1e6;

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

/// What the CSV says, before it means anything.
struct Sheet {
  std::map<std::string, double, std::less<>> coefficients;
  std::vector<std::pair<std::uint32_t, double>> table;
};

class SheetReader {
 public:
  SheetReader(std::string_view name, std::string_view csv) : name_(name), csv_(csv) {}

  Result<Sheet> read() {
    for (std::string_view line : split(csv_, '\n')) {
      ++line_;
      if (line.ends_with('\r')) {
        line.remove_suffix(1);
      }
      if (line.empty()) {
        continue;
      }
      if (line.starts_with('#')) {
        read_coefficients(line.substr(1));
      } else if (!columns_known_) {
        PENSTOCK_CHECK_OK(read_columns(line));
      } else {
        PENSTOCK_CHECK_OK(read_row(line));
      }
    }
    if (sheet_.table.empty()) {
      return wrong("the table has no rows: give at least one batch_tokens,…,linear_ms row");
    }
    return std::move(sheet_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& what) const {
    return fail(Code::kInvalid,
                "performance model \"" + name_ + "\", line " + std::to_string(line_) + ": " + what);
  }

  void read_coefficients(std::string_view comment) {
    for (const std::string_view word : split(comment, ' ')) {
      const std::size_t equals = word.find('=');
      if (equals == std::string_view::npos) {
        continue;
      }
      // The formula in the comment has words like "linear(batch_tokens)": only key=number counts.
      if (const auto value = to_number(word.substr(equals + 1))) {
        sheet_.coefficients.insert_or_assign(std::string(word.substr(0, equals)), *value);
      }
    }
  }

  Result<> read_columns(std::string_view line) {
    const auto names = split(line, ',');
    const auto tokens = std::ranges::find(names, "batch_tokens");
    const auto linear = std::ranges::find(names, "linear_ms");
    if (tokens == names.end() || linear == names.end()) {
      return wrong("the header needs the columns batch_tokens and linear_ms, it is \"" +
                   std::string(line) + "\"");
    }
    tokens_column_ = static_cast<std::size_t>(tokens - names.begin());
    linear_column_ = static_cast<std::size_t>(linear - names.begin());
    columns_known_ = true;
    return {};
  }

  Result<> read_row(std::string_view line) {
    const auto cells = split(line, ',');
    if (cells.size() <= std::max(tokens_column_, linear_column_)) {
      return wrong("the row has " + std::to_string(cells.size()) + " cells, fewer than the header");
    }
    const auto tokens = to_number(cells[tokens_column_]);
    const auto linear = to_number(cells[linear_column_]);
    if (!tokens || !linear || *tokens < 1 || *tokens > 1e9 || *linear <= 0) {
      return wrong("batch_tokens and linear_ms must be positive numbers, the row is \"" +
                   std::string(line) + "\"");
    }
    const auto batch = static_cast<std::uint32_t>(*tokens);
    if (!sheet_.table.empty() && batch <= sheet_.table.back().first) {
      return wrong("batch_tokens must grow from row to row, " + std::to_string(batch) +
                   " follows " + std::to_string(sheet_.table.back().first));
    }
    sheet_.table.emplace_back(batch, *linear);
    return {};
  }

  std::string name_;
  std::string_view csv_;
  Sheet sheet_;
  std::size_t line_ = 0;
  std::size_t tokens_column_ = 0;
  std::size_t linear_column_ = 0;
  bool columns_known_ = false;
};

Result<double> coefficient(const Sheet& sheet, std::string_view name, std::string_view key) {
  const auto found = sheet.coefficients.find(key);
  if (found == sheet.coefficients.end() || found->second < 0) {
    return fail(Code::kInvalid, "performance model \"" + std::string(name) +
                                    "\": a '#' line must give " + std::string(key) +
                                    "=<number ≥ 0>");
  }
  return found->second;
}

Result<std::uint32_t> positive(const Sheet& sheet, std::string_view name, std::string_view key) {
  PENSTOCK_TRY(value, coefficient(sheet, name, key));
  if (value < 1 || value > 4e9) {
    return fail(Code::kInvalid, "performance model \"" + std::string(name) + "\": " +
                                    std::string(key) + " must be a whole number of at least 1");
  }
  return static_cast<std::uint32_t>(value);
}

std::chrono::nanoseconds rounded(double ns) {
  return std::chrono::nanoseconds(std::max<std::int64_t>(1, std::llround(ns)));
}

}  // namespace

Result<PerfModel> PerfModel::parse(std::string name, std::string_view csv,
                                   Calibration calibration) {
  PENSTOCK_TRY(sheet, SheetReader(name, csv).read());
  PENSTOCK_TRY(head, coefficient(sheet, name, "head_ms"));
  PENSTOCK_TRY(prefill, coefficient(sheet, name, "attn_prefill_ms_per_tok2"));
  PENSTOCK_TRY(context, coefficient(sheet, name, "attn_decode_ms_per_kvtok"));
  PENSTOCK_TRY(base, coefficient(sheet, name, "attn_decode_base_ms"));
  PENSTOCK_TRY(capacity, positive(sheet, name, "kv_capacity_tokens"));
  PENSTOCK_TRY(bytes, positive(sheet, name, "kv_bytes_per_token"));
  PENSTOCK_TRY(gpus, positive(sheet, name, "gpus"));
  if (!(calibration.factor > 0) || !(calibration.overhead_ms >= 0)) {
    return fail(Code::kInvalid, "performance model \"" + name +
                                    "\": calibration needs a factor > 0 and an overhead ≥ 0 ms");
  }
  const double scale = kNanosPerMilli * calibration.factor;
  PerfModel model;
  model.name_ = std::move(name);
  model.constant_ns_ = scale * (calibration.overhead_ms + head);
  model.prefill_ns_ = scale * prefill / 2;  // BatchShape gives twice c·(p + c/2)
  model.decode_context_ns_ = scale * context;
  model.decode_base_ns_ = scale * base;
  model.kv_capacity_tokens_ = capacity;
  model.kv_bytes_per_token_ = bytes;
  model.gpus_ = gpus;
  model.build_segments(sheet.table, scale);
  return model;
}

void PerfModel::build_segments(std::span<const std::pair<std::uint32_t, double>> table,
                               double scale) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& [from, ms] = table[i];
    const auto& [next, next_ms] = table[std::min(i + 1, table.size() - 1)];
    const double slope = next == from ? 0.0 : scale * (next_ms - ms) / (next - from);
    segments_.push_back({from, scale * ms, slope});
  }
  if (segments_.size() > 1) {
    segments_.back().ns_per_token = segments_[segments_.size() - 2].ns_per_token;
  }
  // The segment of the smallest number of each width. Tables that double from row to row leave one
  // or two to search.
  for (std::size_t width = 0; width < segment_of_width_.size(); ++width) {
    const std::uint64_t smallest = width == 0 ? 0 : std::uint64_t{1} << (width - 1);
    const auto above = std::ranges::upper_bound(segments_, smallest, {}, &Segment::from);
    const auto count = static_cast<std::uint32_t>(above - segments_.begin());
    segment_of_width_[width] = count == 0 ? 0 : count - 1;
  }
}

double PerfModel::linear_ns(std::uint32_t batch_tokens) const {
  const auto width = static_cast<std::size_t>(std::bit_width(batch_tokens));
  std::size_t at = segment_of_width_[width];
  for (std::size_t last = segment_of_width_[width + 1]; at < last;) {
    const std::size_t middle = (at + last + 1) / 2;
    if (segments_[middle].from <= batch_tokens) {
      at = middle;
    } else {
      last = middle - 1;
    }
  }
  const Segment& segment = segments_[at];
  if (batch_tokens <= segment.from) {  // below the table: its first row
    return segment.ns_at_from;
  }
  return segment.ns_at_from + segment.ns_per_token * (batch_tokens - segment.from);
}

std::chrono::nanoseconds PerfModel::iteration_time(const BatchShape& batch) const {
  double ns = constant_ns_ + linear_ns(batch.batch_tokens()) +
              prefill_ns_ * static_cast<double>(batch.prefill_attention_tokens2);
  if (batch.decode_sequences > 0) {
    ns += decode_base_ns_ + decode_context_ns_ * static_cast<double>(batch.decode_context_tokens);
  }
  return rounded(ns);
}

std::chrono::nanoseconds PerfModel::prefill_time(std::uint32_t tokens, std::uint32_t cached,
                                                 std::uint32_t max_batched_tokens) const {
  std::chrono::nanoseconds sum{0};
  const std::uint32_t most = std::max(max_batched_tokens, 1U);
  for (std::uint32_t done = cached; done < tokens;) {
    const std::uint32_t chunk = std::min(tokens - done, most);
    sum +=
        iteration_time({.prefill_tokens = chunk,
                        .prefill_attention_tokens2 = BatchShape::prefill_attention(done, chunk)});
    done += chunk;
  }
  return sum;
}

}  // namespace penstock::sim
