#pragma once
// A field that takes an integer or a word (x-kubernetes-int-or-string).

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace penstock::crd {

class IntOrString {
 public:
  IntOrString() = default;
  explicit IntOrString(std::int64_t value) : value_(value) {}
  explicit IntOrString(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] bool is_int() const noexcept {
    return std::holds_alternative<std::int64_t>(value_);
  }
  /// 0 when it is a word.
  [[nodiscard]] std::int64_t as_int() const noexcept {
    return is_int() ? std::get<std::int64_t>(value_) : 0;
  }
  /// The word, or the digits.
  [[nodiscard]] std::string text() const {
    return is_int() ? std::to_string(as_int()) : std::get<std::string>(value_);
  }

  friend bool operator==(const IntOrString&, const IntOrString&) = default;

 private:
  std::variant<std::int64_t, std::string> value_ = std::int64_t{0};
};

}  // namespace penstock::crd
