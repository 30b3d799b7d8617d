#pragma once
// A body with a few places changed, every other byte as it was. Pure. Holds views: body and texts
// must outlive it.

#include <array>
#include <string>
#include <string_view>

#include "gateway/request/body_scan.h"

namespace penstock::gateway {

class Splice {
 public:
  static constexpr std::size_t kMostEdits = 2;

  explicit Splice(std::string_view body) : body_(body) {}

  /// Edits do not overlap; in any order. A span of length 0 inserts.
  void replace(Span span, std::string_view text) noexcept;

  [[nodiscard]] bool changed() const noexcept { return count_ != 0; }
  [[nodiscard]] std::size_t size() const noexcept;
  void append_to(std::string& out) const;

 private:
  struct Edit {
    Span span;
    std::string_view text;
  };
  std::string_view body_;
  std::array<Edit, kMostEdits> edits_;
  std::size_t count_ = 0;
};

/// Asks the upstream of a stream for its usage chunk, wherever the client's body leaves room for
/// that.
void ask_for_usage(const BodyFacts& facts, Splice& splice) noexcept;

}  // namespace penstock::gateway
