#pragma once
// Typed access to the fields of one JSON object, which remembers the first thing that is wrong.
// Knows types and ranges; must not know what a field is for.
//
//   BodyFields fields(value);
//   request.n = fields.integer("n", 1, 128).value_or(1);
//   if (auto ok = fields.check(); !ok) { return std::unexpected(std::move(ok).error()); }

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api_error.h"
#include "json/value.h"

namespace penstock::engine {

class BodyFields {
 public:
  /// `object` must live as long; a value that is no object is the first error.
  explicit BodyFields(const json::Value& object);

  /// Null when the field is missing or null.
  [[nodiscard]] const json::Value* find(std::string_view name) const;

  [[nodiscard]] bool flag(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t least,
                                                    std::int64_t most);
  [[nodiscard]] std::optional<double> number(std::string_view name, double least, double most);
  [[nodiscard]] std::optional<std::string> text(std::string_view name);

  void refuse(std::string_view name, const std::string& why);
  [[nodiscard]] ApiResult<void> check() const;

 private:
  const json::Value& object_;
  std::optional<ApiError> error_;
};

/// The value of a body, or the 400 of a body that is no JSON.
[[nodiscard]] ApiResult<json::Value> parse_body(std::string_view body);

}  // namespace penstock::engine
