#include "sim/trace/azure_csv.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time_format.h"
#include "sim/trace/cells.h"
#include "sim/trace/lines.h"

namespace penstock::sim {
namespace {

constexpr std::string_view kHeader = "TIMESTAMP,ContextTokens,GeneratedTokens";

class AzureCsv final : public TraceSource {
 public:
  explicit AzureCsv(LineReader lines) : lines_(std::move(lines)) {}

  Result<> read_header() {
    PENSTOCK_TRY(line, lines_.next());
    if (!line || *line != kHeader) {
      return lines_.wrong(1, "the header must be \"" + std::string(kHeader) + "\", it is \"" +
                                 std::string(line.value_or("")) +
                                 "\"; is --form azure right for this file?");
    }
    return {};
  }

  Result<bool> next(TraceRequest& request) override {
    PENSTOCK_TRY(line, lines_.next());
    while (line && line->empty()) {
      PENSTOCK_TRY(following, lines_.next());
      line = following;
    }
    if (!line) {
      return false;
    }
    split_cells(*line, cells_);
    if (cells_.size() != 3) {
      return lines_.wrong(1, "the row has " + std::to_string(cells_.size()) +
                                 " cells, it needs 3: " + std::string(kHeader));
    }
    PENSTOCK_TRY(at, time(cells_[0]));
    PENSTOCK_TRY(prompt, tokens(cells_[1], "ContextTokens", 1));
    PENSTOCK_TRY(output, tokens(cells_[2], "GeneratedTokens", 0));
    request.at = at;
    request.prompt_tokens = prompt;
    request.output_tokens = output;
    request.blocks.clear();
    return true;
  }

 private:
  /// "2023-11-16 18:15:46.6805900", without a zone.
  Result<std::chrono::nanoseconds> time(const Cell& cell) {
    std::string text(cell.text);
    const std::size_t space = text.find(' ');
    if (space != std::string::npos) {
      text[space] = 'T';
    }
    const auto time = parse_rfc3339(text + "Z");
    if (!time) {
      return lines_.wrong(cell.column, "TIMESTAMP is \"" + std::string(cell.text) +
                                           "\"; write it as 2023-11-16 18:15:46.680");
    }
    if (!first_) {
      first_ = *time;
    }
    const std::chrono::nanoseconds at = *time - *first_;
    if (at < last_) {
      return lines_.wrong(cell.column, "TIMESTAMP \"" + std::string(cell.text) +
                                           "\" is before the row above; sort the file by time");
    }
    last_ = at;
    return at;
  }

  Result<std::uint32_t> tokens(const Cell& cell, const char* name, std::uint32_t least) const {
    const auto count = to_count(cell.text);
    if (!count || *count < least) {
      return lines_.wrong(cell.column, std::string(name) + " is \"" + std::string(cell.text) +
                                           "\", it must be a whole number of at least " +
                                           std::to_string(least));
    }
    return *count;
  }

  LineReader lines_;
  std::vector<Cell> cells_;
  std::optional<WallTime> first_;
  std::chrono::nanoseconds last_{0};
};

}  // namespace

Result<std::unique_ptr<TraceSource>> open_azure_csv(const std::string& path) {
  PENSTOCK_TRY(lines, LineReader::open(path));
  auto source = std::make_unique<AzureCsv>(std::move(lines));
  PENSTOCK_CHECK_OK(source->read_header());
  return source;
}

}  // namespace penstock::sim
