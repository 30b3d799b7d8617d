#include "scaling/prometheus_text.h"

#include <charconv>
#include <cstdint>
#include <limits>

namespace penstock::scaling {
namespace {

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Walks over one line. Every take_ moves on only when it succeeds.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  void skip_blanks() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) {
      text_.remove_prefix(1);
    }
  }
  [[nodiscard]] bool at_end() const { return text_.empty(); }
  [[nodiscard]] bool at(char c) const { return !text_.empty() && text_.front() == c; }
  bool take(char c) {
    if (!at(c)) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  /// A metric name, or a label name when colons are not allowed.
  std::string_view take_name(bool colons) {
    std::size_t n = 0;
    while (n < text_.size()) {
      const char c = text_[n];
      const bool fits = is_letter(c) || c == '_' || (c == ':' && colons) || (n > 0 && is_digit(c));
      if (!fits) {
        break;
      }
      ++n;
    }
    return take_front(n);
  }

  /// The inside of a quoted string, escapes as written. Nothing if it does not end in this line.
  std::optional<std::string_view> take_quoted() {
    if (!at('"')) {
      return std::nullopt;
    }
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        const std::string_view inside = text_.substr(1, i - 1);
        text_.remove_prefix(i + 1);
        return inside;
      }
    }
    return std::nullopt;
  }

  std::string_view take_word() {
    std::size_t n = 0;
    while (n < text_.size() && text_[n] != ' ' && text_[n] != '\t') {
      ++n;
    }
    return take_front(n);
  }

  [[nodiscard]] const char* position() const { return text_.data(); }

 private:
  std::string_view take_front(std::size_t n) {
    const std::string_view front = text_.substr(0, n);
    text_.remove_prefix(n);
    return front;
  }
  std::string_view text_;
};

bool same_word(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) {
    return false;
  }
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    const char folded = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (folded != lower[i]) {
      return false;
    }
  }
  return true;
}

std::optional<double> to_value(std::string_view word) {
  bool negative = false;
  if (!word.empty() && (word.front() == '+' || word.front() == '-')) {
    negative = word.front() == '-';
    word.remove_prefix(1);
  }
  const double sign = negative ? -1.0 : 1.0;
  if (same_word(word, "nan")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (same_word(word, "inf") || same_word(word, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (word.empty() || !(is_digit(word.front()) || word.front() == '.')) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (end != word.data() + word.size()) {
    return std::nullopt;
  }
  if (code == std::errc::result_out_of_range) {  // 1e999 is infinite, 1e-999 is nothing
    return sign *
           (word.find("e-") == std::string_view::npos && word.find("E-") == std::string_view::npos
                ? std::numeric_limits<double>::infinity()
                : 0.0);
  }
  return code == std::errc() ? std::optional(sign * value) : std::nullopt;
}

/// Empty if the labels between the braces are valid.
std::string_view check_labels(Cursor& cursor) {
  while (true) {
    cursor.skip_blanks();
    if (cursor.at('}')) {
      return "";
    }
    if (cursor.take_name(false).empty()) {
      return "a label needs a name";
    }
    cursor.skip_blanks();
    if (!cursor.take('=')) {
      return "a label needs an equals sign";
    }
    cursor.skip_blanks();
    if (!cursor.take_quoted()) {
      return "a label's value must be quoted and end in its line";
    }
    cursor.skip_blanks();
    if (!cursor.take(',') && !cursor.at('}')) {
      return "labels are separated by commas";
    }
  }
}

/// Empty if what follows the value is nothing, a timestamp or an exemplar.
std::string_view check_tail(Cursor& cursor) {
  cursor.skip_blanks();
  if (cursor.at_end() || cursor.at('#')) {
    return "";
  }
  const std::string_view stamp = cursor.take_word();
  double time = 0;  // OpenMetrics writes seconds with a fraction
  const auto [end, code] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), time);
  if (code != std::errc() || end != stamp.data() + stamp.size()) {
    return "after the value only a timestamp may follow";
  }
  cursor.skip_blanks();
  return cursor.at_end() || cursor.at('#') ? "" : "nothing may follow the timestamp";
}

/// Fills `out` from a line that is no comment; says what is wrong.
std::string_view read_line(std::string_view line, Series& out) {
  Cursor cursor(line);
  cursor.skip_blanks();
  out.name = cursor.take_name(true);
  if (out.name.empty()) {
    return "a line begins with the name of a metric";
  }
  cursor.skip_blanks();
  out.labels = {};
  if (cursor.take('{')) {
    const char* begin = cursor.position();
    const std::string_view wrong = check_labels(cursor);
    if (!wrong.empty()) {
      return wrong;
    }
    out.labels = {begin, static_cast<std::size_t>(cursor.position() - begin)};
    cursor.take('}');
    cursor.skip_blanks();
  }
  const auto value = to_value(cursor.take_word());
  if (!value) {
    return "the value is not a number";
  }
  out.value = *value;
  return check_tail(cursor);
}

}  // namespace

std::optional<std::string_view> Series::label(std::string_view key) const {
  Cursor cursor(labels);
  while (true) {
    cursor.skip_blanks();
    const std::string_view found = cursor.take_name(false);
    if (found.empty()) {
      return std::nullopt;
    }
    cursor.skip_blanks();
    cursor.take('=');
    cursor.skip_blanks();
    const auto text = cursor.take_quoted();
    if (!text || found == key) {
      return text;
    }
    cursor.skip_blanks();
    cursor.take(',');
  }
}

PrometheusReader::PrometheusReader(std::string_view text) : rest_(text) {
  if (text.size() > kLongestText) {
    error_ = "the text is too long";
  }
}

std::optional<Series> PrometheusReader::next() {
  while (!rest_.empty() && error_.empty()) {
    ++line_;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    if (line.size() > kLongestLine) {
      error_ = "the line is too long";
      return std::nullopt;
    }
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') {
      continue;
    }
    Series series;
    error_ = read_line(line, series);
    if (error_.empty()) {
      return series;
    }
  }
  return std::nullopt;
}

}  // namespace penstock::scaling
