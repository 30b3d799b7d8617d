#include "sim/trace/json_fields.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "json/parse.h"

namespace penstock::sim {

Result<json::Value> parse_line(const LineReader& lines, std::string_view line) {
  auto value = json::parse(line);
  if (!value) {
    return lines.wrong(
        0, "is no JSON: " + value.error().message() + "; the form has one object per line");
  }
  if (!value->is_object()) {
    return lines.wrong(1, "must be a JSON object: the form has one per line");
  }
  return *std::move(value);
}

Result<double> number(const LineReader& lines, const json::Value& object, const char* field,
                      std::int64_t least, std::int64_t most) {
  const auto found = object.find(field);
  if (found == object.end()) {
    return lines.wrong(
        0, std::string("the field \"") + field + "\" is missing; is --form right for this file?");
  }
  if (!found->is_number()) {
    return lines.wrong(
        0, std::string("\"") + field + "\" is " + found->dump() + ", it must be a number");
  }
  const double value = found->get<double>();
  if (!(value >= static_cast<double>(least)) || !(value <= static_cast<double>(most))) {
    return lines.wrong(0, std::string("\"") + field + "\" is " + found->dump() +
                              ", it must be between " + std::to_string(least) + " and " +
                              std::to_string(most));
  }
  return value;
}

Result<std::int64_t> whole_number(const LineReader& lines, const json::Value& object,
                                  const char* field, std::int64_t least, std::int64_t most) {
  PENSTOCK_TRY(value, number(lines, object, field, least, most));
  return static_cast<std::int64_t>(value);
}

}  // namespace penstock::sim
