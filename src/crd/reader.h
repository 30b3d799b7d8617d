#pragma once
// JSON to typed fields, for generated code. Reports the first thing that does not fit, with its
// path
// ("spec.tiers[0].backends[1].weight"). Checks types only; validate.h checks everything else.
// No JSON library here: the generated files stay cheap to compile.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crd/int_or_string.h"
#include "crd/open_enum.h"
#include "crd/quantity.h"
#include "crd/raw_value.h"
#include "json/value.h"

namespace penstock::crd {

/// A place in the object. Lives on the stack; a child must not outlive its parent.
class Reader {
 public:
  Reader(const json::Value& value, std::optional<Error>& error) : value_(&value), error_(&error) {}
  Reader(const Reader& parent, const json::Value& value, std::string_view key)
      : value_(&value), error_(parent.error_), parent_(&parent), key_(key) {}
  Reader(const Reader& parent, const json::Value& value, std::size_t index)
      : value_(&value), error_(parent.error_), parent_(&parent), index_(index) {}

  [[nodiscard]] const json::Value& value() const { return *value_; }
  [[nodiscard]] std::string path() const;
  [[nodiscard]] bool failed() const { return error_->has_value(); }
  /// Keeps the first report only.
  void report(std::string_view what) const;

  // For lists and maps.
  [[nodiscard]] bool expect_list() const;
  [[nodiscard]] bool expect_object() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Reader item(std::size_t index) const;
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] Reader member(std::string_view key) const;

 private:
  const json::Value* value_;
  std::optional<Error>* error_;
  const Reader* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

void read_value(const Reader& at, std::string& out);
void read_value(const Reader& at, bool& out);
void read_value(const Reader& at, std::int32_t& out);
void read_value(const Reader& at, std::int64_t& out);
void read_value(const Reader& at, std::chrono::nanoseconds& out);
void read_value(const Reader& at, WallTime& out);
void read_value(const Reader& at, Quantity& out);
void read_value(const Reader& at, IntOrString& out);
void read_value(const Reader& at, RawValue& out);

template <class E>
void read_value(const Reader& at, OpenEnum<E>& out) {
  std::string text;
  read_value(at, text);
  out = OpenEnum<E>::parse(text);
}

template <class T>
void read_value(const Reader& at, std::optional<T>& out) {
  read_value(at, out.emplace());
}

template <class T>
void read_value(const Reader& at, std::vector<T>& out) {
  if (!at.expect_list()) {
    return;
  }
  out.clear();
  out.reserve(at.size());
  for (std::size_t i = 0; i < at.size() && !at.failed(); ++i) {
    read_value(at.item(i), out.emplace_back());
  }
}

template <class T>
void read_value(const Reader& at, std::map<std::string, T>& out) {
  if (!at.expect_object()) {
    return;
  }
  out.clear();
  for (const std::string& key : at.keys()) {
    read_value(at.member(key), out[key]);
  }
}

/// The fields of one object, each asked for once. null counts as absent, as in the API server.
class FieldReader {
 public:
  explicit FieldReader(const Reader& at);

  template <class T>
  void optional(std::string_view name, T& out) {
    if (const json::Value* value = find(name)) {
      read_value(Reader(at_, *value, name), out);
    }
  }
  template <class T>
  void required(std::string_view name, T& out) {
    if (const json::Value* value = find(name)) {
      read_value(Reader(at_, *value, name), out);
    } else {
      missing(name);
    }
  }
  /// Says that a field is known without reading it (apiVersion, kind).
  void known(std::string_view name) { static_cast<void>(find(name)); }
  /// Everything not asked for before.
  void rest(RawValue& out) const;

 private:
  const json::Value* find(std::string_view name);
  void missing(std::string_view name) const;

  const Reader& at_;
  std::vector<std::string_view> asked_;
  bool usable_;
};

}  // namespace penstock::crd
