#pragma once
// Typed fields to JSON, for generated code. The mirror of reader.h: what was read and not
// understood is written back, absent optionals stay absent, and 0, false and "" are values.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crd/int_or_string.h"
#include "crd/open_enum.h"
#include "crd/quantity.h"
#include "crd/raw_value.h"
#include "json/value.h"

namespace penstock::crd {

void write_value(json::Value& out, const std::string& in);
void write_value(json::Value& out, std::string_view in);
void write_value(json::Value& out, const bool& in);
void write_value(json::Value& out, const std::int32_t& in);
void write_value(json::Value& out, const std::int64_t& in);
void write_value(json::Value& out, const std::chrono::nanoseconds& in);
void write_value(json::Value& out, const WallTime& in);
void write_value(json::Value& out, const Quantity& in);
void write_value(json::Value& out, const IntOrString& in);
void write_value(json::Value& out, const RawValue& in);

// Steps into the JSON value, defined where the library is known.
void make_list(json::Value& out);
void make_object(json::Value& out);
json::Value& append(json::Value& list);
json::Value& member(json::Value& object, std::string_view key);

template <class E>
void write_value(json::Value& out, const OpenEnum<E>& in) {
  write_value(out, in.name());
}

template <class T>
void write_value(json::Value& out, const std::vector<T>& in) {
  make_list(out);
  for (const T& item : in) {
    write_value(append(out), item);
  }
}

template <class T>
void write_value(json::Value& out, const std::map<std::string, T>& in) {
  make_object(out);
  for (const auto& [key, value] : in) {
    write_value(member(out, key), value);
  }
}

class FieldWriter {
 public:
  /// Starts `out` as an object holding `unknown`.
  FieldWriter(json::Value& out, const RawValue& unknown);

  template <class T>
  void always(std::string_view name, const T& in) {
    write_value(member(out_, name), in);
  }
  template <class T>
  void set(std::string_view name, const std::optional<T>& in) {
    if (in) {
      write_value(member(out_, name), *in);
    }
  }
  void set(std::string_view name, const RawValue& in) {
    if (in.has_value()) {
      write_value(member(out_, name), in);
    }
  }
  /// For lists, maps and strings whose emptiness means absence.
  template <class T>
  void unless_empty(std::string_view name, const T& in) {
    if (!in.empty()) {
      write_value(member(out_, name), in);
    }
  }

 private:
  json::Value& out_;
};

}  // namespace penstock::crd
