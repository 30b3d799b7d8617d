#pragma once
// Series by family and label values. One Registry per core; the core gets its cells from it when
// configuration or a first use brings a new series, and then writes them without coming back. An
// Exposition reads many registries.
//
// The lock guards only the list of series (new ones, and scrapes); cells are lock-free. A family
// holds at most kMostSeries label sets per core: further ones share one series whose labels all say
// "_other", so that nothing a client sends can grow memory.

#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/cell.h"
#include "telemetry/family.h"

namespace penstock::telemetry {

class Registry {
 public:
  static constexpr std::size_t kMostSeries = 2'000;

  using Labels = std::initializer_list<std::string_view>;

  /// The cell of this label set, made at first use. Valid as long as the registry. `family` must
  /// outlive it.
  [[nodiscard]] Cell& cell(const Family& family, Labels labels = {});
  [[nodiscard]] Histogram& histogram(const Family& family, Labels labels = {});

 private:
  friend class Exposition;

  struct Series {
    std::vector<std::string> labels;
    Cell cell;
    std::unique_ptr<Histogram> histogram;
  };
  struct FamilySeries {
    const Family* family = nullptr;
    std::map<std::vector<std::string>, std::unique_ptr<Series>> by_labels;
  };

  Series& series(const Family& family, Labels labels);

  mutable std::mutex mutex_;
  std::map<std::string_view, FamilySeries> families_;  // guarded by mutex_; the cells are not
};

}  // namespace penstock::telemetry
