#include "controller/snapshot/precedence.h"

#include <algorithm>
#include <tuple>

namespace penstock::controller::snapshot {
namespace {

constexpr std::uint32_t kExact = 1U << 20U;

std::uint32_t longest_path(const gateway::snapshot::Route& route) {
  std::size_t longest = 0;
  for (const auto& path : route.paths) {
    longest = std::max(longest, path.size());
  }
  return static_cast<std::uint32_t>(longest);
}

struct Rank {
  std::uint32_t precision;
  std::size_t conditions;
  std::uint32_t path;
};

Rank rank(const gateway::snapshot::Route& route) {
  // A route without models takes its deployments' own names: as exact as can be.
  return {
      route.models.empty() ? kExact : model_precision(route.models),
      (route.consumer_labels ? 1U : 0U) + (route.paths.empty() ? 0U : 1U) + route.headers.size(),
      longest_path(route)};
}

}  // namespace

std::uint32_t model_precision(const std::vector<std::string>& models) {
  std::uint32_t best = 0;
  for (const auto& model : models) {
    const auto wildcards = static_cast<std::size_t>(std::ranges::count(model, '*'));
    const auto literal = static_cast<std::uint32_t>(model.size() - wildcards);
    best = std::max(best, wildcards == 0 ? kExact : literal);
  }
  return best;
}

void sort_by_precedence(std::vector<RouteWithAge>& routes) {
  std::ranges::sort(routes, [](const RouteWithAge& a, const RouteWithAge& b) {
    const Rank left = rank(a.route);
    const Rank right = rank(b.route);
    // More goes first, and so these sides are swapped; age and name go up.
    return std::tie(right.precision, right.conditions, right.path, a.created, a.route.name) <
           std::tie(left.precision, left.conditions, left.path, b.created, b.route.name);
  });
}

}  // namespace penstock::controller::snapshot
