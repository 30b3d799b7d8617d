#pragma once
// Where we are in an object, both ways of writing it.

#include <cstddef>
#include <string>
#include <string_view>

#include "json/pointer.h"

namespace penstock::crd {

struct Place {
  std::string path;
  std::string pointer;

  [[nodiscard]] Place field(std::string_view name) const {
    return {path.empty() ? std::string(name) : path + "." + std::string(name),
            json::pointer_to(pointer, name)};
  }
  /// An entry of a free map: spec.labels[app].
  [[nodiscard]] Place entry(std::string_view key) const {
    return {path + "." + std::string(key), json::pointer_to(pointer, key)};
  }
  [[nodiscard]] Place item(std::size_t index) const {
    return {path + "[" + std::to_string(index) + "]", json::pointer_to(pointer, index)};
  }
};

}  // namespace penstock::crd
