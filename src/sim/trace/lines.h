#pragma once
// A text file line by line, gzipped or not, in bounded memory. Knows files and where in them it is;
// must not know what the lines mean.
//
//   PENSTOCK_TRY(lines, LineReader::open("trace.csv.gz"));
//   while (true) {
//     PENSTOCK_TRY(line, lines.next());   // an error names the file and the line
//     if (!line) break;
//     if (bad(*line)) return lines.wrong(column, "what is wrong, and the remedy");
//   }

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct gzFile_s;  // zlib.h stays in the source; NOLINT(readability-identifier-naming)

namespace penstock::sim {

class LineReader {
 public:
  /// Longest line that is read; a conversation of a million tokens lists some 2,000 block ids.
  static constexpr std::size_t kLongestLine = 4U << 20U;

  /// kNotFound when there is no such file.
  [[nodiscard]] static Result<LineReader> open(const std::string& path);

  /// The next line without its end, valid until the next call; nothing at the end of the file.
  [[nodiscard]] Result<std::optional<std::string_view>> next();

  /// An error at a column (from 1) of the line given last; column 0 means the whole line.
  [[nodiscard]] std::unexpected<Error> wrong(std::size_t column, const std::string& what) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t line() const { return line_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  LineReader(std::string path, std::unique_ptr<gzFile_s, Close> file);
  [[nodiscard]] Result<bool> fill();

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_ = 0;
  bool over_ = false;
};

/// The whole file as one text, for the small ones; kTooLarge above `most` bytes.
[[nodiscard]] Result<std::string> read_text(const std::string& path, std::size_t most);

}  // namespace penstock::sim
