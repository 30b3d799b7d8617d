#pragma once
// Reads Prometheus text (format 0.0.4) line by line, without allocating and without trust: what is
// not valid stops the reading. Knows the format; must not know any metric.
//
//   PrometheusReader reader(text);
//   while (const auto series = reader.next()) { … series->name, series->value … }
//   if (!reader.error().empty()) …
//
// Views point into the text. Comments are skipped, timestamps and exemplars are checked and
// dropped. NaN and ±Inf are values.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/.

#include <cstddef>
#include <optional>
#include <string_view>

namespace penstock::scaling {

struct Series {
  std::string_view name;
  std::string_view labels;  ///< between the braces, as written; empty without
  double value = 0;

  /// The value of a label as written, escapes included; nothing if it is not there.
  [[nodiscard]] std::optional<std::string_view> label(std::string_view key) const;
};

class PrometheusReader {
 public:
  static constexpr std::size_t kLongestLine = 65'536;  ///< label values may hold configurations
  static constexpr std::size_t kLongestText = 33'554'432;

  explicit PrometheusReader(std::string_view text);

  /// The next series; nothing at the end or at the first line that is not valid.
  [[nodiscard]] std::optional<Series> next();

  /// What is wrong with line(); empty if nothing is.
  [[nodiscard]] std::string_view error() const { return error_; }
  [[nodiscard]] std::size_t line() const { return line_; }

 private:
  std::string_view rest_;
  std::string_view error_;
  std::size_t line_ = 0;
};

}  // namespace penstock::scaling
