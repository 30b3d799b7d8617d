#include "crd/writer.h"

#include <nlohmann/json.hpp>

#include "base/time_format.h"

namespace penstock::crd {

void write_value(json::Value& out, const std::string& in) {
  out = in;
}
void write_value(json::Value& out, std::string_view in) {
  out = std::string(in);
}
void write_value(json::Value& out, const bool& in) {
  out = in;
}
void write_value(json::Value& out, const std::int32_t& in) {
  out = in;
}
void write_value(json::Value& out, const std::int64_t& in) {
  out = in;
}
void write_value(json::Value& out, const std::chrono::nanoseconds& in) {
  out = format_duration(in);
}

void write_value(json::Value& out, const WallTime& in) {
  std::string text = format_rfc3339(in);
  // metav1.Time has whole seconds; writing ".000" would look like a change to whoever compares.
  if (const std::size_t at = text.find(".000Z"); at != std::string::npos) {
    text.replace(at, 5, "Z");
  }
  out = std::move(text);
}

void write_value(json::Value& out, const Quantity& in) {
  if (in.was_number()) {
    out = in.value();
  } else {
    out = in.text();
  }
}

void write_value(json::Value& out, const IntOrString& in) {
  if (in.is_int()) {
    out = in.as_int();
  } else {
    out = in.text();
  }
}

void write_value(json::Value& out, const RawValue& in) {
  out = in.value();
}

void make_list(json::Value& out) {
  out = json::Value::array();
}
void make_object(json::Value& out) {
  out = json::Value::object();
}
json::Value& append(json::Value& list) {
  return list.emplace_back(nullptr);
}
json::Value& member(json::Value& object, std::string_view key) {
  return object[std::string(key)];
}

FieldWriter::FieldWriter(json::Value& out, const RawValue& unknown) : out_(out) {
  if (unknown.has_value()) {
    out_ = unknown.value();
  } else {
    make_object(out_);
  }
}

}  // namespace penstock::crd
