#pragma once
// Whole numbers and words out of a model's config.json, each checked: the file comes from anywhere.
// The first thing that is wrong is kept; what is read after it is 0 and means nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace penstock::app::plan {

class ConfigFields {
 public:
  /// `object` outlives this.
  explicit ConfigFields(const json::Value& object) : object_(object) {}

  /// A key that must be there, from 1 to `most`.
  std::uint64_t number(const char* key, std::uint64_t most);
  /// Absent, or null: `otherwise`, unchecked.
  std::uint64_t number_or(const char* key, std::uint64_t most, std::uint64_t otherwise);
  /// From 0; absent, or null: 0.
  std::uint64_t number_or_none(const char* key, std::uint64_t most);
  bool flag_or(const char* key, bool otherwise);
  /// Empty when absent or null.
  std::string word_or_none(const char* key);
  /// Nullptr when absent or null.
  const json::Value* member(const char* key);

  /// Something that only several fields together show.
  void complain(std::string message);
  [[nodiscard]] bool good() const { return !problem_; }
  /// kInvalid with the key, what stands there and what belongs there.
  [[nodiscard]] Result<> check() const;

 private:
  std::uint64_t checked(const char* key, const json::Value& value, std::uint64_t least,
                        std::uint64_t most);

  const json::Value& object_;
  std::optional<std::string> problem_;
};

}  // namespace penstock::app::plan
