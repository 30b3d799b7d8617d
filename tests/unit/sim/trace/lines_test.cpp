#include "sim/trace/lines.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/unit/sim/trace/scratch_file.h"

namespace penstock::sim {
namespace {

using testing_support::ScratchFile;

std::vector<std::string> all(const std::string& path) {
  std::vector<std::string> lines;
  auto reader = LineReader::open(path);
  EXPECT_TRUE(reader) << (reader ? "" : reader.error().to_string());
  while (reader) {
    const auto line = reader->next();
    EXPECT_TRUE(line) << (line ? "" : line.error().to_string());
    if (!line || !*line) {
      break;
    }
    lines.emplace_back(**line);
  }
  return lines;
}

TEST(Lines, PlainAndGzipAreReadAlike) {
  const std::string text = "a\n\nb\r\nlast without an end";
  const std::vector<std::string> want = {"a", "", "b", "last without an end"};
  EXPECT_EQ(all(ScratchFile(text).path()), want);
  EXPECT_EQ(all(ScratchFile(text, true).path()), want);
  EXPECT_TRUE(all(ScratchFile("").path()).empty());
}

TEST(Lines, LinesLongerThanTheBufferAreWhole) {
  const std::string longest(1'000'000, 'x');
  const std::vector<std::string> lines = all(ScratchFile("a\n" + longest + "\nb\n").path());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], longest);
  EXPECT_EQ(lines[2], "b");
}

TEST(Lines, ALineWithoutBoundIsRefused) {
  const ScratchFile file(std::string(LineReader::kLongestLine + 10, 'x'));
  auto reader = LineReader::open(file.path());
  ASSERT_TRUE(reader);
  const auto line = reader->next();
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code(), Code::kTooLarge);
}

TEST(Lines, AMissingFileIsNamed) {
  const auto reader = LineReader::open("/nonexistent/trace.csv");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), Code::kNotFound);
  EXPECT_NE(reader.error().message().find("/nonexistent/trace.csv"), std::string::npos);
}

TEST(Lines, ACutGzipFileIsAnError) {
  const ScratchFile whole(std::string(500'000, 'a') + "\n" + std::string(100'000, 'b'), true);
  std::ifstream in(whole.path(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const ScratchFile cut(std::string_view(bytes).substr(0, bytes.size() - 20));
  auto reader = LineReader::open(cut.path());
  ASSERT_TRUE(reader);
  Result<std::optional<std::string_view>> line = reader->next();
  while (line && *line) {
    line = reader->next();
  }
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code(), Code::kInvalid);
}

TEST(Lines, ErrorsNameFileLineAndColumn) {
  const ScratchFile file("one\ntwo\n");
  auto reader = LineReader::open(file.path());
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->next());
  ASSERT_TRUE(reader->next());
  EXPECT_EQ(reader->wrong(3, "bad").error().message(), file.path() + ", line 2, column 3: bad");
}

}  // namespace
}  // namespace penstock::sim
