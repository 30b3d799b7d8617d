#pragma once
// An enumeration that keeps words it does not know: a newer API version may add values, and an
// object that is read and written back must not lose them.
//
//   if (engine.type == EngineType::kVLLM) …       switch (engine.type.value()) { … case
//   EngineType::kUnknown: … }
//
// E has an enumerator kUnknown and the functions to_string(E) and from_string(text, E&), all
// generated.

#include <string>
#include <string_view>

namespace penstock::crd {

template <class E>
class OpenEnum {
 public:
  OpenEnum() = default;
  OpenEnum(E value)
      : value_(value) {}  // NOLINT(google-explicit-constructor): an E is an OpenEnum<E>

  static OpenEnum parse(std::string_view text) {
    OpenEnum out;
    if (!from_string(text, out.value_)) {
      out.text_ = text;
    }
    return out;
  }

  [[nodiscard]] E value() const noexcept { return value_; }
  /// The word as written in a manifest.
  [[nodiscard]] std::string_view name() const noexcept {
    return value_ == E::kUnknown ? text_ : to_string(value_);
  }

  friend bool operator==(const OpenEnum& a, const OpenEnum& b) {
    return a.value_ == b.value_ && a.text_ == b.text_;
  }
  friend bool operator==(const OpenEnum& a, E b) { return a.value_ == b; }

 private:
  E value_ = E::kUnknown;
  std::string text_;  // only for kUnknown
};

}  // namespace penstock::crd
