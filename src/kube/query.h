#pragma once
// Builds a query string. Pure.

#include <string>
#include <string_view>

namespace penstock::kube {

class Query {
 public:
  /// Leaves empty values out.
  Query& add(std::string_view name, std::string_view value);
  /// "" or "?a=b&c=d".
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace penstock::kube
