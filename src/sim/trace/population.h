#pragma once
// What a ServeGen trace says of one day: each client's rate and burstiness per window, and how long
// its prompts and answers are. Knows the files' forms; must not know how arrivals are drawn.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sim/trace/renewal.h"

namespace penstock::sim {

struct ClientWindow {
  double start_s = 0;  ///< since the day began
  double rate = 0;     ///< calls per second, > 0
  double shape = 1;    ///< of the gaps
  Gaps::Family family = Gaps::Family::kGamma;
};

/// Quantiles of one length at the population's probabilities.
struct Lengths {
  std::vector<double> prompt;
  std::vector<double> output;
};

struct ServegenClient {
  std::uint32_t id = 0;
  std::vector<ClientWindow> windows;  ///< in order of time; a missing window has no calls
  int lengths = -1;                   ///< index; -1: the files do not know them
};

struct Population {
  double window_s = 600;
  std::vector<ServegenClient> clients;
  std::vector<double> probabilities;  ///< from 0 to 1, growing
  std::vector<Lengths> lengths;

  /// Mean calls per second over a whole day.
  [[nodiscard]] double mean_rate() const;
};

inline constexpr double kDaySeconds = 86'400;

/// `clients` is the CSV client_id,window_start_s,rate_rps,iat_cv,pattern,shape,scale and `lengths`
/// the JSON with quantile_probs and clients; day counts from 0. Only that day is kept.
[[nodiscard]] Result<Population> read_population(const std::string& clients,
                                                 const std::string& lengths, std::uint32_t day);

}  // namespace penstock::sim
