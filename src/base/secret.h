#pragma once
// A value that must not be seen. It cannot be printed, logged or compared with ==; take it out with
// reveal() only where it leaves for the party that it is meant for.

#include <string>
#include <string_view>
#include <utility>

namespace penstock {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  ~Secret();
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;

  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  /// Compares in constant time for equal lengths.
  [[nodiscard]] bool matches(std::string_view other) const noexcept;

 private:
  std::string value_;
};

/// SHA-256 as 64 lower-case hex digits: how API keys are stored and compared.
[[nodiscard]] std::string sha256_hex(std::string_view data);

}  // namespace penstock
