#include "sim/trace/servegen.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace penstock::sim {
namespace {

constexpr double kNanos = 1e9;

class Servegen final : public TraceSource {
 public:
  Servegen(Population population, const ServegenOptions& options)
      : population_(std::move(population)), thin_(options.thin) {
    Random seeds(options.seed);
    share_lengths();
    states_.reserve(population_.clients.size());
    for (std::uint32_t i = 0; i < population_.clients.size(); ++i) {
      states_.push_back({.random = Random(seeds.next()), .gaps = {}});
      advance(i);
    }
  }

  Result<bool> next(TraceRequest& request) override {
    if (heap_.empty()) {
      return false;
    }
    std::ranges::pop_heap(heap_, later);
    const Next call = heap_.back();
    heap_.pop_back();
    ClientState& state = states_[call.client];
    const Lengths& lengths = lengths_of(population_.clients[call.client], state.random);
    request.at = std::chrono::nanoseconds(std::llround(call.at_s * kNanos));
    request.prompt_tokens = draw_tokens(lengths.prompt, state.random);
    request.output_tokens = draw_tokens(lengths.output, state.random);
    request.blocks.clear();
    advance(call.client);
    return true;
  }

 private:
  struct ClientState {
    Random random;
    std::size_t window = 0;
    std::optional<Gaps> gaps;  ///< of the window; nothing: it has not begun
    double at_s = 0;           ///< of the last arrival drawn
  };
  struct Next {
    double at_s = 0;
    std::uint32_t client = 0;
  };
  [[nodiscard]] static bool later(const Next& a, const Next& b) {
    return a.at_s != b.at_s ? a.at_s > b.at_s : a.client > b.client;
  }

  /// How many calls later the next one that is kept comes.
  std::uint64_t until_kept(Random& random) const {
    if (thin_ >= 1) {
      return 1;
    }
    return 1 + static_cast<std::uint64_t>(std::log1p(-random.unit()) / std::log1p(-thin_));
  }

  /// Puts the client's next call that is kept onto the heap, if it has one.
  void advance(std::uint32_t index) {
    const std::vector<ClientWindow>& windows = population_.clients[index].windows;
    ClientState& state = states_[index];
    for (; state.window < windows.size(); ++state.window, state.gaps.reset()) {
      const ClientWindow& window = windows[state.window];
      std::uint64_t calls = until_kept(state.random);
      if (!state.gaps) {
        state.gaps.emplace(window.family, window.shape, 1 / window.rate);
        state.at_s = window.start_s + state.gaps->draw_first(state.random);
        --calls;
      }
      if (calls > 0) {
        state.at_s += state.gaps->draw_sum(state.random, calls);
      }
      if (state.at_s < window.start_s + population_.window_s) {
        heap_.push_back({state.at_s, index});
        std::ranges::push_heap(heap_, later);
        return;
      }
    }
  }

  /// Cumulated rates of the clients whose lengths are known.
  void share_lengths() {
    double sum = 0;
    for (const ServegenClient& client : population_.clients) {
      if (client.lengths >= 0) {
        for (const ClientWindow& window : client.windows) {
          sum += window.rate;
        }
        shares_.push_back({sum, client.lengths});
      }
    }
  }

  const Lengths& lengths_of(const ServegenClient& client, Random& random) const {
    int index = client.lengths;
    if (index < 0) {
      const double at = random.unit() * shares_.back().first;
      auto found = std::ranges::upper_bound(shares_, at, {}, &std::pair<double, int>::first);
      index = found == shares_.end() ? shares_.back().second : found->second;
    }
    return population_.lengths[static_cast<std::size_t>(index)];
  }

  std::uint32_t draw_tokens(const std::vector<double>& quantiles, Random& random) const {
    const double tokens = at_quantile(population_.probabilities, quantiles, random.unit());
    return static_cast<std::uint32_t>(std::max(1.0, std::round(tokens)));
  }

  Population population_;
  double thin_;
  std::vector<ClientState> states_;
  std::vector<std::pair<double, int>> shares_;
  std::vector<Next> heap_;  ///< one per client that still has calls
};

}  // namespace

std::unique_ptr<TraceSource> draw_servegen(Population population, const ServegenOptions& options) {
  return std::make_unique<Servegen>(std::move(population), options);
}

double at_quantile(const std::vector<double>& probabilities, const std::vector<double>& values,
                   double u) {
  const auto above = std::ranges::upper_bound(probabilities, u);
  if (above == probabilities.end()) {
    return values.back();
  }
  const auto at = static_cast<std::size_t>(above - probabilities.begin());
  if (at == 0) {
    return values.front();
  }
  const double width = probabilities[at] - probabilities[at - 1];
  const double part = width > 0 ? (u - probabilities[at - 1]) / width : 0;
  return values[at - 1] + part * (values[at] - values[at - 1]);
}

}  // namespace penstock::sim
