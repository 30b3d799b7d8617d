#include "controller/child/names.h"

#include <algorithm>

#include "base/secret.h"

namespace penstock::controller::child {
namespace {

constexpr std::size_t kHashLength = 8;
constexpr std::size_t kLongestLabel = 63;

std::string short_hash(std::string_view text) {
  return sha256_hex(text).substr(0, kHashLength);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Without characters at the end that a name or a label may not end in.
void trim_end(std::string& text) {
  while (!text.empty() && (text.back() == '-' || text.back() == '.' || text.back() == '_')) {
    text.pop_back();
  }
}

}  // namespace

std::string child_name(std::string_view owner, std::string_view suffix) {
  std::string stem(owner);
  std::ranges::replace(stem, '.', '-');
  if (!stem.empty() && is_digit(stem.front())) {
    stem.insert(0, "m");
  }
  const bool fits = stem.size() + 1 + suffix.size() <= kLongestChildName;
  if (!fits || stem != owner) {
    stem = stem.substr(0, kLongestChildName - 1 - suffix.size() - 1 - kHashLength);
    trim_end(stem);
    stem += "-" + short_hash(owner);
  }
  return stem + "-" + std::string(suffix);
}

std::string engine_name(std::string_view model_deployment) {
  return child_name(model_deployment, "engine");
}

std::string label_value(std::string_view name) {
  if (name.size() <= kLongestLabel) {
    return std::string(name);
  }
  std::string stem(name.substr(0, kLongestLabel - 1 - kHashLength));
  trim_end(stem);
  return stem + "-" + short_hash(name);
}

}  // namespace penstock::controller::child
