#pragma once
// Undoes gzip or deflate bit by bit, for an upstream that compresses a stream although it was asked
// not to: its events must be readable here. Knows zlib in its .cpp; fixed memory.

#include <cstddef>
#include <memory>
#include <string_view>

namespace penstock::gateway {

class Inflater {
 public:
  /// True for the codings that it undoes: gzip, x-gzip, deflate.
  [[nodiscard]] static bool supports(std::string_view coding) noexcept;

  Inflater();
  ~Inflater();

  struct Out {
    std::string_view text;  ///< valid until the next call; empty: more input is needed
    std::size_t used = 0;   ///< bytes of input that are done with
    bool failed = false;    ///< not what it says it is, or no memory
  };
  /// Call until the input is used up and no text comes any more.
  [[nodiscard]] Out next(std::string_view input) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::gateway
