#include "crd/pattern.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <re2/re2.h>

namespace penstock::crd {
namespace {

const re2::RE2& compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const re2::RE2>, std::less<>> cache;
  const std::lock_guard lock(mutex);
  const auto found = cache.find(pattern);
  if (found != cache.end()) {
    return *found->second;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto regex =
      std::make_unique<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  return *cache.emplace(std::string(pattern), std::move(regex)).first->second;
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled(pattern));
}

bool pattern_is_valid(std::string_view pattern) {
  return compiled(pattern).ok();
}

}  // namespace penstock::crd
