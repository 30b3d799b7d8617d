#pragma once
// A load by the words of the command line: which form, how much of it, how fast. Opens the same
// load again for each policy. Knows all forms; must not know engines or policies.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sim/trace/population.h"
#include "sim/trace/request.h"

namespace penstock::sim {

enum class TraceForm : std::uint8_t { kAzure, kMooncake, kServegen, kAccessLog };

struct LoadOptions {
  std::string trace;
  TraceForm form = TraceForm::kAzure;
  std::string lengths = {};  ///< ServeGen's second file
  std::uint32_t day = 0;     ///< ServeGen
  double scale = 1;          ///< times the load; ServeGen: at most 1, by leaving calls out
  double rate = 0;  ///< mean calls per second instead of scale; ServeGen only; 0: scale counts
  std::chrono::nanoseconds jitter = std::chrono::seconds(3);  ///< Mooncake
  std::chrono::nanoseconds from{0};   ///< calls before it are left out; it becomes the beginning
  std::chrono::nanoseconds until{0};  ///< 0: to the end
  std::string deployment = {};        ///< access log
  std::uint64_t seed = 1;
};

class Load {
 public:
  /// Reads what is small (ServeGen's tables) and checks the options against each other.
  [[nodiscard]] static Result<Load> create(LoadOptions options);

  /// The load from its beginning; the same calls every time.
  [[nodiscard]] Result<std::unique_ptr<TraceSource>> open() const;

  /// In words: form, file, how much of it.
  [[nodiscard]] std::string description() const;

 private:
  explicit Load(LoadOptions options) : options_(std::move(options)), scale_(options_.scale) {}

  LoadOptions options_;
  double scale_;
  std::shared_ptr<const Population> population_;  ///< ServeGen
};

}  // namespace penstock::sim
