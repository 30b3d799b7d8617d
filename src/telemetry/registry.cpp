#include "telemetry/registry.h"

namespace penstock::telemetry {

Registry::Series& Registry::series(const Family& family, Labels labels) {
  const std::scoped_lock lock(mutex_);
  FamilySeries& all = families_[family.name];
  all.family = &family;
  std::vector<std::string> key(labels.begin(), labels.end());
  auto found = all.by_labels.find(key);
  if (found == all.by_labels.end()) {
    if (all.by_labels.size() >= kMostSeries) {
      key.assign(labels.size(), "_other");
    }
    found = all.by_labels.try_emplace(key).first;
  }
  if (!found->second) {
    found->second = std::make_unique<Series>();
    found->second->labels = found->first;
    if (family.kind == Kind::kHistogram) {
      found->second->histogram = std::make_unique<Histogram>(family.bounds);
    }
  }
  return *found->second;
}

Cell& Registry::cell(const Family& family, Labels labels) {
  return series(family, labels).cell;
}

Histogram& Registry::histogram(const Family& family, Labels labels) {
  return *series(family, labels).histogram;
}

}  // namespace penstock::telemetry
