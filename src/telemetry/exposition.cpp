#include "telemetry/exposition.h"

#include <iterator>

#include <fmt/format.h>

namespace penstock::telemetry {
namespace {

struct Sum {
  std::int64_t value = 0;
  std::vector<std::int64_t> buckets;
  double total = 0;

  void add(const Cell& cell, const Histogram* histogram) {
    value += cell.value();
    if (histogram == nullptr) {
      return;
    }
    buckets.resize(histogram->bounds().size() + 1);
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      buckets[i] += histogram->count_in(i);
    }
    total += histogram->sum();
  }
};

struct Folded {
  const Family* family = nullptr;
  std::map<std::vector<std::string>, Sum> series;
};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

/// `{a="x",b="y"}`, with one more label if `extra_name` is given; nothing when there is no label at
/// all.
std::string label_text(const Family& family, const std::vector<std::string>& values,
                       std::string_view extra_name = {}, std::string_view extra_value = {}) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += out.empty() ? '{' : ',';
    out += name;
    out += "=\"";
    append_escaped(out, value);
    out += '"';
  };
  for (std::size_t i = 0; i < values.size() && i < family.labels.size(); ++i) {
    add(family.labels[i], values[i]);
  }
  if (!extra_name.empty()) {
    add(extra_name, extra_value);
  }
  if (!out.empty()) {
    out += '}';
  }
  return out;
}

void append_histogram(std::string& out, const Family& family,
                      const std::vector<std::string>& labels, const Sum& sum) {
  auto to = std::back_inserter(out);
  std::int64_t cumulative = 0;
  for (std::size_t i = 0; i < sum.buckets.size(); ++i) {
    cumulative += sum.buckets[i];
    const std::string le = i < family.bounds.size() ? fmt::format("{}", family.bounds[i]) : "+Inf";
    fmt::format_to(to, "{}_bucket{} {}\n", family.name, label_text(family, labels, "le", le),
                   cumulative);
  }
  const std::string plain = label_text(family, labels);
  fmt::format_to(to, "{}_sum{} {}\n", family.name, plain, sum.total);
  fmt::format_to(to, "{}_count{} {}\n", family.name, plain, cumulative);
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

std::string Exposition::text(std::span<const Registry* const> registries) {
  std::map<std::string_view, Folded> folded;
  for (const Registry* registry : registries) {
    const std::scoped_lock lock(registry->mutex_);
    for (const auto& [name, source] : registry->families_) {
      Folded& target = folded[name];
      target.family = source.family;
      for (const auto& [labels, series] : source.by_labels) {
        target.series[labels].add(series->cell, series->histogram.get());
      }
    }
  }
  std::string out;
  auto to = std::back_inserter(out);
  for (const auto& [name, one] : folded) {
    fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", name, one.family->help, name,
                   kind_name(one.family->kind));
    for (const auto& [labels, sum] : one.series) {
      if (one.family->kind == Kind::kHistogram) {
        append_histogram(out, *one.family, labels, sum);
      } else {
        fmt::format_to(to, "{}{} {}\n", name, label_text(*one.family, labels), sum.value);
      }
    }
  }
  return out;
}

}  // namespace penstock::telemetry
