#include "app/plan/config_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/write.h"

namespace penstock::app::plan {
namespace {

/// Long or hostile values are not repeated whole.
std::string shown(const json::Value& value) {
  constexpr std::size_t kMost = 40;
  std::string text = json::write(value);
  if (text.size() > kMost) {
    text.resize(kMost);
    text += "…";
  }
  return text;
}

}  // namespace

void ConfigFields::complain(std::string message) {
  if (!problem_) {
    problem_ = std::move(message);
  }
}

const json::Value* ConfigFields::member(const char* key) {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::uint64_t ConfigFields::checked(const char* key, const json::Value& value, std::uint64_t least,
                                    std::uint64_t most) {
  if (!value.is_number_integer()) {
    complain(fmt::format("\"{}\" is {}, which is not a whole number", key, shown(value)));
    return 0;
  }
  const bool negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
  if (negative || value.get<std::uint64_t>() < least || value.get<std::uint64_t>() > most) {
    complain(fmt::format("\"{}\" is {}; it must be from {} to {}", key, shown(value), least, most));
    return 0;
  }
  return value.get<std::uint64_t>();
}

std::uint64_t ConfigFields::number(const char* key, std::uint64_t most) {
  const json::Value* value = member(key);
  if (value == nullptr) {
    complain(fmt::format("there is no \"{}\", and the planner needs it", key));
    return 0;
  }
  return checked(key, *value, 1, most);
}

std::uint64_t ConfigFields::number_or(const char* key, std::uint64_t most,
                                      std::uint64_t otherwise) {
  const json::Value* value = member(key);
  return value == nullptr ? otherwise : checked(key, *value, 1, most);
}

std::uint64_t ConfigFields::number_or_none(const char* key, std::uint64_t most) {
  const json::Value* value = member(key);
  return value == nullptr ? 0 : checked(key, *value, 0, most);
}

bool ConfigFields::flag_or(const char* key, bool otherwise) {
  const json::Value* value = member(key);
  if (value != nullptr && !value->is_boolean()) {
    complain(fmt::format("\"{}\" is {}; it must be true or false", key, shown(*value)));
    return otherwise;
  }
  return value == nullptr ? otherwise : value->get<bool>();
}

std::string ConfigFields::word_or_none(const char* key) {
  const json::Value* value = member(key);
  if (value != nullptr && !value->is_string()) {
    complain(fmt::format("\"{}\" is {}, which is not a word", key, shown(*value)));
    return {};
  }
  return value == nullptr ? std::string() : value->get<std::string>();
}

Result<> ConfigFields::check() const {
  return problem_ ? Result<>(fail(Code::kInvalid, *problem_)) : Result<>();
}

}  // namespace penstock::app::plan
