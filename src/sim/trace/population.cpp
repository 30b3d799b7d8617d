#include "sim/trace/population.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "sim/trace/cells.h"
#include "sim/trace/lines.h"

namespace penstock::sim {
namespace {

constexpr std::size_t kMostLengthBytes = 64U << 20U;
constexpr std::string_view kColumns =
    "client_id,window_start_s,rate_rps,iat_cv,pattern,shape,scale";

class ClientReader {
 public:
  ClientReader(LineReader lines, std::uint32_t day) : lines_(std::move(lines)), day_(day) {}

  Result<std::vector<ServegenClient>> read() {
    PENSTOCK_TRY(header, lines_.next());
    if (!header || !header->starts_with("client_id,window_start_s,rate_rps")) {
      return lines_.wrong(1, "the header must be \"" + std::string(kColumns) +
                                 "\"; is --form servegen right for this file?");
    }
    while (true) {
      PENSTOCK_TRY(line, lines_.next());
      if (!line) {
        break;
      }
      if (!line->empty()) {
        PENSTOCK_CHECK_OK(take(*line));
      }
    }
    if (clients_.empty()) {
      return fail(Code::kInvalid, lines_.path() + ": no calls on day " + std::to_string(day_) +
                                      "; it has the days 0 to " + std::to_string(last_day_) +
                                      ", choose one with --day");
    }
    for (ServegenClient& client : clients_) {
      std::ranges::sort(client.windows, {}, &ClientWindow::start_s);
    }
    return std::move(clients_);
  }

 private:
  Result<> take(std::string_view line) {
    split_cells(line, cells_);
    if (cells_.size() != 7) {
      return lines_.wrong(1, "the row has " + std::to_string(cells_.size()) +
                                 " cells, it needs 7: " + std::string(kColumns));
    }
    const auto id = to_count(cells_[0].text);
    if (!id) {
      return lines_.wrong(
          1, "client_id is \"" + std::string(cells_[0].text) + "\", it must be a whole number");
    }
    PENSTOCK_TRY(start, number(1, "window_start_s", 0, 1e9));
    PENSTOCK_TRY(rate, number(2, "rate_rps", 0, 1e7));
    const auto day = static_cast<std::uint32_t>(start / kDaySeconds);
    last_day_ = std::max(last_day_, day);
    if (day != day_ || rate == 0) {
      return {};
    }
    PENSTOCK_TRY(shape, number(5, "shape", 1e-6, 1e6));
    const std::string_view pattern = cells_[4].text;
    if (pattern != "G" && pattern != "W") {
      return lines_.wrong(cells_[4].column, "pattern is \"" + std::string(pattern) +
                                                "\", it must be W (Weibull) or G (Gamma)");
    }
    const auto [known, fresh] = index_.try_emplace(*id, clients_.size());
    if (fresh) {
      clients_.push_back({.id = *id, .windows = {}});
    }
    clients_[known->second].windows.push_back(
        {.start_s = start - day_ * kDaySeconds,
         .rate = rate,
         .shape = shape,
         .family = pattern == "G" ? Gaps::Family::kGamma : Gaps::Family::kWeibull});
    return {};
  }

  Result<double> number(std::size_t cell, const char* name, double least, double most) const {
    const auto value = to_double(cells_[cell].text);
    if (!value || *value < least || *value > most) {
      return lines_.wrong(cells_[cell].column, std::string(name) + " is \"" +
                                                   std::string(cells_[cell].text) +
                                                   "\", it must be a number of at least " +
                                                   (least > 0 ? "0.000001" : "0"));
    }
    return *value;
  }

  LineReader lines_;
  std::uint32_t day_;
  std::uint32_t last_day_ = 0;
  std::vector<Cell> cells_;
  std::vector<ServegenClient> clients_;
  std::unordered_map<std::uint32_t, std::size_t> index_;
};

class LengthReader {
 public:
  LengthReader(std::string path, json::Value document)
      : path_(std::move(path)), document_(std::move(document)) {}

  Result<> read(Population& population) {
    const auto probabilities = document_.find("quantile_probs");
    const auto clients = document_.find("clients");
    if (probabilities == document_.end() || clients == document_.end() || !clients->is_object()) {
      return wrong("the fields \"quantile_probs\" and \"clients\" are needed");
    }
    PENSTOCK_TRY(parsed, growing(*probabilities, "quantile_probs", 2));
    if (parsed.front() != 0 || parsed.back() != 1) {
      return wrong("\"quantile_probs\" must go from 0 to 1");
    }
    population.probabilities = std::move(parsed);
    for (ServegenClient& client : population.clients) {
      const auto found = clients->find(std::to_string(client.id));
      if (found == clients->end()) {
        continue;
      }
      const std::string name = "clients." + std::to_string(client.id);
      PENSTOCK_TRY(prompt, quantiles(*found, name, "input_tokens", population));
      PENSTOCK_TRY(output, quantiles(*found, name, "output_tokens", population));
      client.lengths = static_cast<int>(population.lengths.size());
      population.lengths.push_back({std::move(prompt), std::move(output)});
    }
    if (population.lengths.empty()) {
      return wrong(
          "none of the trace's clients is in \"clients\"; do the two files belong together?");
    }
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& what) const {
    return fail(Code::kInvalid, path_ + ": " + what);
  }

  Result<std::vector<double>> quantiles(const json::Value& client, const std::string& name,
                                        const char* field, const Population& population) const {
    const auto found = client.is_object() ? client.find(field) : client.end();
    if (found == client.end()) {
      return wrong(name + "." + field + " is missing");
    }
    PENSTOCK_TRY(values, growing(*found, name + "." + field, population.probabilities.size()));
    if (values.size() != population.probabilities.size()) {
      return wrong(name + "." + field + " has " + std::to_string(values.size()) +
                   " values, it needs one per quantile_probs, " +
                   std::to_string(population.probabilities.size()));
    }
    return values;
  }

  Result<std::vector<double>> growing(const json::Value& list, const std::string& name,
                                      std::size_t least) const {
    if (!list.is_array() || list.size() < least) {
      return wrong(name + " must be a list of at least " + std::to_string(least) + " numbers");
    }
    std::vector<double> values;
    for (const json::Value& value : list) {
      if (!value.is_number() || (!values.empty() && value.get<double>() < values.back())) {
        return wrong(name + " must be numbers that never fall, it has " + value.dump());
      }
      values.push_back(value.get<double>());
    }
    return values;
  }

  std::string path_;
  json::Value document_;
};

}  // namespace

double Population::mean_rate() const {
  double calls = 0;
  for (const ServegenClient& client : clients) {
    for (const ClientWindow& window : client.windows) {
      calls += window.rate * window_s;
    }
  }
  return calls / kDaySeconds;
}

Result<Population> read_population(const std::string& clients, const std::string& lengths,
                                   std::uint32_t day) {
  PENSTOCK_TRY(lines, LineReader::open(clients));
  Population population;
  PENSTOCK_TRY(read, ClientReader(std::move(lines), day).read());
  population.clients = std::move(read);
  PENSTOCK_TRY(text, read_text(lengths, kMostLengthBytes));
  auto document = json::parse(text, {.max_bytes = kMostLengthBytes});
  if (!document) {
    return fail(std::move(document).error().with_context(lengths));
  }
  PENSTOCK_CHECK_OK(LengthReader(lengths, *std::move(document)).read(population));
  return population;
}

}  // namespace penstock::sim
