#include "crd/reader.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/time_format.h"

namespace penstock::crd {

std::string Reader::path() const {
  if (parent_ == nullptr) {
    return "";
  }
  std::string out = parent_->path();
  if (key_.data() == nullptr) {
    return out + "[" + std::to_string(index_) + "]";
  }
  return out.empty() ? std::string(key_) : out + "." + std::string(key_);
}

void Reader::report(std::string_view what) const {
  if (!error_->has_value()) {
    const std::string where = path();
    error_->emplace(Code::kInvalid,
                    (where.empty() ? std::string("the object") : where) + ": " + std::string(what));
  }
}

bool Reader::expect_list() const {
  if (!value_->is_array()) {
    report(std::string("must be a list, not ") + value_->type_name());
  }
  return value_->is_array();
}

bool Reader::expect_object() const {
  if (!value_->is_object()) {
    report(std::string("must be an object, not ") + value_->type_name());
  }
  return value_->is_object();
}

std::size_t Reader::size() const {
  return value_->size();
}

Reader Reader::item(std::size_t index) const {
  return {*this, (*value_)[index], index};
}

std::vector<std::string> Reader::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : value_->items()) {
    out.push_back(key);
  }
  return out;
}

Reader Reader::member(std::string_view key) const {
  return {*this, value_->at(std::string(key)), key};
}

void read_value(const Reader& at, std::string& out) {
  if (at.value().is_string()) {
    out = at.value().get_ref<const std::string&>();
  } else {
    at.report(std::string("must be a string, not ") + at.value().type_name() +
              "; put it in quotes");
  }
}

void read_value(const Reader& at, bool& out) {
  if (at.value().is_boolean()) {
    out = at.value().get<bool>();
  } else {
    at.report("must be true or false");
  }
}

void read_value(const Reader& at, std::int64_t& out) {
  const json::Value& value = at.value();
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    at.report("is larger than a 64-bit integer");
  } else if (value.is_number_integer()) {
    out = value.get<std::int64_t>();
  } else {
    at.report(std::string("must be an integer, not ") + value.type_name());
  }
}

void read_value(const Reader& at, std::int32_t& out) {
  std::int64_t wide = 0;
  read_value(at, wide);
  if (wide > std::numeric_limits<std::int32_t>::max() ||
      wide < std::numeric_limits<std::int32_t>::min()) {
    at.report(std::to_string(wide) + " does not fit a 32-bit integer");
  } else {
    out = static_cast<std::int32_t>(wide);
  }
}

void read_value(const Reader& at, std::chrono::nanoseconds& out) {
  std::string text;
  read_value(at, text);
  if (const auto parsed = parse_duration(text)) {
    out = *parsed;
  } else {
    at.report(parsed.error().message());
  }
}

void read_value(const Reader& at, WallTime& out) {
  std::string text;
  read_value(at, text);
  if (const auto parsed = parse_rfc3339(text)) {
    out = *parsed;
  } else {
    at.report(parsed.error().message());
  }
}

void read_value(const Reader& at, Quantity& out) {
  if (at.value().is_number_integer()) {
    std::int64_t whole = 0;
    read_value(at, whole);
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / 1000;
    if (whole > kLimit || whole < -kLimit) {
      out = Quantity::parse(std::to_string(whole)).value_or(Quantity());
      return;
    }
    out = Quantity(whole);
    return;
  }
  std::string text;
  read_value(at, text);
  if (auto parsed = Quantity::parse(text)) {
    out = std::move(*parsed);
  } else {
    at.report(parsed.error().message());
  }
}

void read_value(const Reader& at, IntOrString& out) {
  if (at.value().is_number_integer()) {
    std::int64_t number = 0;
    read_value(at, number);
    out = IntOrString(number);
    return;
  }
  std::string text;
  read_value(at, text);
  out = IntOrString(std::move(text));
}

void read_value(const Reader& at, RawValue& out) {
  out = RawValue(at.value());
}

FieldReader::FieldReader(const Reader& at) : at_(at), usable_(at.expect_object()) {}

const json::Value* FieldReader::find(std::string_view name) {
  asked_.push_back(name);
  if (!usable_ || at_.failed()) {
    return nullptr;
  }
  const auto found = at_.value().find(std::string(name));
  return found == at_.value().end() || found->is_null() ? nullptr : &*found;
}

void FieldReader::missing(std::string_view name) const {
  if (usable_ && !at_.failed()) {
    at_.report("required field \"" + std::string(name) + "\" is missing");
  }
}

void FieldReader::rest(RawValue& out) const {
  if (!usable_) {
    return;
  }
  json::Value unknown = json::Value::object();
  for (const auto& [key, value] : at_.value().items()) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
      unknown[key] = value;
    }
  }
  out = unknown.empty() ? RawValue() : RawValue(unknown);
}

}  // namespace penstock::crd
