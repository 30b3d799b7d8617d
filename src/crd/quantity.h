#pragma once
// Amounts as Kubernetes writes them: "40Gi", "500m", "1e3", 4. Keeps the text it was written as.
// Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::crd {

class Quantity {
 public:
  Quantity() = default;  ///< zero
  explicit Quantity(std::int64_t whole);

  /// Error kInvalid names the text and an example. Amounts beyond ±9.2e15 (in whole units) are
  /// refused.
  [[nodiscard]] static Result<Quantity> parse(std::string_view text);

  /// In thousandths, rounded up as Kubernetes does: 500m → 500, 1Ki → 1'024'000.
  [[nodiscard]] std::int64_t milli() const noexcept { return milli_; }
  /// In whole units, rounded up: 500m → 1, 40Gi → 42'949'672'960.
  [[nodiscard]] std::int64_t value() const noexcept;
  /// As written; digits when it was a number.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// It stood in the manifest as a number, not as a string.
  [[nodiscard]] bool was_number() const noexcept { return was_number_; }

  /// By amount: 1Gi == 1024Mi.
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.milli_ == b.milli_; }
  friend auto operator<=>(const Quantity& a, const Quantity& b) { return a.milli_ <=> b.milli_; }

 private:
  std::int64_t milli_ = 0;
  std::string text_ = "0";
  bool was_number_ = false;
};

}  // namespace penstock::crd
