#pragma once
// Quantities whose unit is part of the type: an int that means tokens cannot meet one that means
// money.
//
//   Tokens prompt{812};  MicroUsd cost{2'435};  prompt + prompt;  // prompt + cost does not compile

#include <compare>
#include <cstdint>

namespace penstock {

template <class Tag>
struct Quantity {
  std::int64_t value = 0;

  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t v) : value(v) {}
  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value + b.value);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value - b.value);
  }
  constexpr Quantity& operator+=(Quantity other) {
    value += other.value;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value -= other.value;
    return *this;
  }
};

using Tokens = Quantity<struct TokensTag>;
using MicroUsd = Quantity<struct MicroUsdTag>;  ///< a millionth of the price book's currency unit
using Bytes = Quantity<struct BytesTag>;

}  // namespace penstock
