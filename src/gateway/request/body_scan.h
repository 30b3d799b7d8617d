#pragma once
// One pass over a request body: is it JSON, and the few fields that the gateway acts on. Knows
// simdjson in its .cpp; never builds a tree. Positions are byte offsets, so that the body can be
// changed by splicing and every other byte reaches the upstream as the client wrote it (64-bit
// numbers, unknown fields, order).

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::gateway {

struct Span {
  std::size_t offset = 0;
  std::size_t length = 0;
};

struct BodyFacts {
  std::string model;                ///< decoded; empty when absent
  std::optional<Span> model_value;  ///< with its quotes
  bool stream = false;
  std::optional<Span> stream_options;  ///< the value; absent when the key is
  bool stream_options_is_object = false;
  bool stream_options_is_empty = false;  ///< {}
  std::optional<Span> include_usage;     ///< the value
  bool include_usage_asked = false;
  std::optional<std::int64_t> max_tokens;  ///< max_completion_tokens or max_tokens
  std::uint32_t choices = 1;               ///< n
  std::size_t after_open_brace = 0;        ///< where a field can be inserted
};

struct BodyFault {
  std::string message;
  std::string_view param;
};

/// Not thread-safe; one per core. Memory grows to what common bodies need; that for a huge one is
/// given back.
class BodyScanner {
 public:
  static constexpr std::size_t kPadding = 64;  ///< readable bytes that must follow the body
  static constexpr unsigned kMaxDepth = 256;

  BodyScanner();
  ~BodyScanner();

  /// Fills `facts` (reused between calls). Faults: not JSON, not an object, too deep, a key of
  /// interest twice, or with the wrong type.
  [[nodiscard]] std::expected<void, BodyFault> scan(std::string_view padded_body, BodyFacts& facts);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::gateway
