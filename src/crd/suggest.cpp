#include "crd/suggest.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace penstock::crd {
namespace {

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '_' && c != '-') {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

// Levenshtein with swaps of neighbours counted once (optimal string alignment).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

// Depth-first through objects and lists; the first place found is the least deep one in each
// branch.
void places_of(std::string_view name, const Schema& schema, const std::string& at, int depth,
               std::vector<std::string>& out) {
  if (depth == 0) {
    return;
  }
  for (const Property& property : schema.properties) {
    const std::string here =
        at.empty() ? std::string(property.name) : at + "." + std::string(property.name);
    if (property.name == name && !at.empty()) {
      out.push_back(here);
    }
    const bool list = property.schema->type == SchemaType::kArray;
    places_of(name, list ? *property.schema->items : *property.schema, list ? here + "[]" : here,
              depth - 1, out);
  }
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongest = 64;
  const std::string wanted = folded(word.substr(0, kLongest));
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t d = distance(wanted, folded(candidate));
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

std::string field_remedy(std::string_view name, const Schema& schema) {
  std::vector<std::string_view> names;
  for (const Property& property : schema.properties) {
    names.push_back(property.name);
  }
  const std::string_view close = nearest(name, names);
  std::vector<std::string> elsewhere;
  constexpr int kDepth = 5;
  places_of(name, schema, "", kDepth, elsewhere);
  // The very same name deeper down is a better guess than a similar one here, unless that differs
  // in case only.
  if (!elsewhere.empty() && folded(close) != folded(name)) {
    return "did you mean \"" + elsewhere.front() + "\"?";
  }
  if (!close.empty()) {
    return "did you mean \"" + std::string(close) + "\"?";
  }
  std::string list;
  for (const std::string_view each : names) {
    list += (list.empty() ? "" : ", ") + std::string(each);
  }
  return "remove it; the fields here are " + list;
}

}  // namespace penstock::crd
