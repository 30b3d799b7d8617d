#include "engine/body_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/parse.h"

namespace penstock::engine {

BodyFields::BodyFields(const json::Value& object) : object_(object) {
  if (!object.is_object()) {
    refuse("", "Input should be a valid dictionary");
  }
}

const json::Value* BodyFields::find(std::string_view name) const {
  if (!object_.is_object()) {
    return nullptr;
  }
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool BodyFields::flag(std::string_view name) {
  const json::Value* value = find(name);
  if (value == nullptr) {
    return false;
  }
  if (!value->is_boolean()) {
    refuse(name, "Input should be a valid boolean");
    return false;
  }
  return value->get<bool>();
}

std::optional<std::int64_t> BodyFields::integer(std::string_view name, std::int64_t least,
                                                std::int64_t most) {
  const json::Value* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  const bool huge =
      value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{INT64_MAX};
  if (!value->is_number_integer() || huge) {
    refuse(name, "Input should be a valid integer");
    return std::nullopt;
  }
  const auto number = value->get<std::int64_t>();
  if (number < least || number > most) {
    refuse(name, fmt::format("{} must be between {} and {}, got {}", name, least, most, number));
    return std::nullopt;
  }
  return number;
}

std::optional<double> BodyFields::number(std::string_view name, double least, double most) {
  const json::Value* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_number()) {
    refuse(name, "Input should be a valid number");
    return std::nullopt;
  }
  const auto number = value->get<double>();
  if (!(number >= least && number <= most)) {
    refuse(name, fmt::format("{} must be in [{}, {}], got {}", name, least, most, number));
    return std::nullopt;
  }
  return number;
}

std::optional<std::string> BodyFields::text(std::string_view name) {
  const json::Value* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    refuse(name, "Input should be a valid string");
    return std::nullopt;
  }
  return value->get<std::string>();
}

void BodyFields::refuse(std::string_view name, const std::string& why) {
  if (!error_) {
    error_ = name.empty() ? bad_request(why)
                          : bad_request(fmt::format("{}: {}", name, why), std::string(name));
  }
}

ApiResult<void> BodyFields::check() const {
  if (error_) {
    return std::unexpected(*error_);
  }
  return {};
}

ApiResult<json::Value> parse_body(std::string_view body) {
  json::Limits limits;
  limits.max_bytes = std::size_t{32} << 20U;
  limits.max_nodes = 4'000'000;
  auto value = json::parse(body, limits);
  if (!value) {
    return std::unexpected(bad_request("JSON decode error: " + value.error().message()));
  }
  return *std::move(value);
}

}  // namespace penstock::engine
