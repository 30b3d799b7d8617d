// The readers of recorded traces: what they read, and what they say of what they cannot read.
#include <sstream>

#include <gtest/gtest.h>

#include "gateway/core/access_log.h"
#include "sim/trace/access_log.h"
#include "sim/trace/azure_csv.h"
#include "sim/trace/load.h"
#include "sim/trace/mooncake.h"
#include "tests/unit/sim/trace/scratch_file.h"

namespace penstock::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing_support::ScratchFile;

constexpr std::string_view kAzureHeader = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

std::vector<TraceRequest> drain(TraceSource& source, std::string* error = nullptr) {
  std::vector<TraceRequest> calls;
  TraceRequest call;
  while (true) {
    const auto more = source.next(call);
    if (!more) {
      EXPECT_NE(error, nullptr) << more.error().to_string();
      if (error != nullptr) {
        *error = more.error().message();
      }
      return calls;
    }
    if (!*more) {
      return calls;
    }
    calls.push_back(call);
  }
}

std::string azure_error(const std::string& rows) {
  const ScratchFile file(std::string(kAzureHeader) + rows);
  const auto source = open_azure_csv(file.path());
  if (!source) {
    return source.error().message();
  }
  std::string error;
  static_cast<void>(drain(**source, &error));
  return error.starts_with(file.path()) ? error.substr(file.path().size()) : error;
}

TEST(AzureCsv, TimesCountFromTheFirstRow) {
  const ScratchFile file(std::string(kAzureHeader) +
                             "2023-11-16 18:15:46.6805900,374,44\n"
                             "2023-11-16 18:15:50.9951690,396,109\n",
                         true);
  const auto source = open_azure_csv(file.path());
  ASSERT_TRUE(source) << source.error().to_string();
  const auto calls = drain(**source);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].at.count(), 0);
  EXPECT_EQ(calls[1].at, nanoseconds(4'314'579'000));
  EXPECT_EQ(calls[1].prompt_tokens, 396U);
  EXPECT_EQ(calls[1].output_tokens, 109U);
  EXPECT_TRUE(calls[1].blocks.empty());
}

TEST(AzureCsv, ErrorsSayWhereAndWhatToDo) {
  struct Row {
    const char* rows;
    const char* want;
  };
  const Row rows[] = {
      {"2023-11-16 18:15:46.6,374\n", ", line 2, column 1: the row has 2 cells, it needs 3"},
      {"yesterday,374,44\n", ", line 2, column 1: TIMESTAMP is \"yesterday\"; write it as"},
      {"2023-11-16 18:15:46.6,0,44\n",
       ", line 2, column 23: ContextTokens is \"0\", it must be a whole number of at least 1"},
      {"2023-11-16 18:15:46.6,7,x\n", ", line 2, column 25: GeneratedTokens is \"x\""},
      {"2023-11-16 18:15:46.6,7,1\n2023-11-16 18:15:45.6,7,1\n",
       ", line 3, column 1: TIMESTAMP \"2023-11-16 18:15:45.6\" is before the row above; sort"},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(azure_error(row.rows).starts_with(row.want)) << azure_error(row.rows);
  }
}

TEST(AzureCsv, AnotherFormIsRecognised) {
  const ScratchFile file("{\"timestamp\": 0}\n");
  const auto source = open_azure_csv(file.path());
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().message().find("is --form azure right"), std::string::npos);
}

constexpr std::string_view kMooncake =
    "{\"timestamp\": 0, \"input_length\": 1000, \"output_length\": 5, \"hash_ids\": [0, 1]}\n"
    "{\"timestamp\": 0, \"input_length\": 512, \"output_length\": 6, \"hash_ids\": [0]}\n"
    "{\"timestamp\": 3000, \"input_length\": 10, \"output_length\": 7, \"hash_ids\": [9]}\n";

TEST(Mooncake, WithoutJitterAllIsAsItStands) {
  const ScratchFile file(kMooncake);
  const auto source = open_mooncake(file.path(), {.jitter = nanoseconds(0)});
  ASSERT_TRUE(source);
  const auto calls = drain(**source);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].blocks, (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(calls[1].output_tokens, 6U);
  EXPECT_EQ(calls[2].at, seconds(3));
}

TEST(Mooncake, JitterStaysInItsStepAndInOrder) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "{\"timestamp\": " + std::to_string(i / 30 * 3000) +
            ", \"input_length\": 1, \"output_length\": 1}\n";
  }
  const ScratchFile file(text);
  const auto source = open_mooncake(file.path(), {.jitter = seconds(3), .seed = 4});
  ASSERT_TRUE(source);
  const auto calls = drain(**source);
  ASSERT_EQ(calls.size(), 300U);
  nanoseconds before{0};
  int moved = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_GE(calls[i].at, before);
    EXPECT_GE(calls[i].at, seconds(3) * static_cast<int>(i / 30));
    EXPECT_LT(calls[i].at, seconds(3) * static_cast<int>(i / 30 + 1));
    moved += calls[i].at % seconds(3) != seconds(0) ? 1 : 0;
    before = calls[i].at;
  }
  EXPECT_GT(moved, 290);
}

// What a client replays must be what was simulated: the same calls, whatever form they came in.
TEST(Mooncake, AnEmittedLoadIsReadBackToTheNanosecond) {
  const ScratchFile recorded(kMooncake);
  const auto load = Load::create({.trace = recorded.path(),
                                  .form = TraceForm::kMooncake,
                                  .scale = 0.7,
                                  .jitter = seconds(3),
                                  .seed = 9});
  ASSERT_TRUE(load);
  const auto offered = load->open();
  const auto again = load->open();
  ASSERT_TRUE(offered && again);
  std::ostringstream text;
  ASSERT_TRUE(write_mooncake(**offered, text));
  const ScratchFile emitted(text.str());
  const auto source = open_mooncake(emitted.path(), {.jitter = nanoseconds(0)});
  ASSERT_TRUE(source);
  const auto want = drain(**again);
  const auto got = drain(**source);
  ASSERT_EQ(got.size(), 3U);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].at, want[i].at);
    EXPECT_NE(got[i].at % milliseconds(1), nanoseconds(0));
    EXPECT_EQ(got[i].prompt_tokens, want[i].prompt_tokens);
    EXPECT_EQ(got[i].output_tokens, want[i].output_tokens);
    EXPECT_EQ(got[i].blocks, want[i].blocks);
  }
}

TEST(Mooncake, CallsWithoutBlocksAndWholeMillisecondsAreWrittenShort) {
  const ScratchFile file("{\"timestamp\": 7, \"input_length\": 1, \"output_length\": 2}\n");
  const auto source = open_mooncake(file.path(), {.jitter = nanoseconds(0)});
  ASSERT_TRUE(source);
  std::ostringstream text;
  ASSERT_TRUE(write_mooncake(**source, text));
  EXPECT_EQ(text.str(), "{\"timestamp\": 7, \"input_length\": 1, \"output_length\": 2}\n");
}

TEST(Mooncake, ErrorsNameTheField) {
  const std::pair<const char*, const char*> rows[] = {
      {"{\"timestamp\": 0,", "line 1: is no JSON"},
      {"[]", "line 1, column 1: must be a JSON object"},
      {"{\"timestamp\": 0}", "the field \"input_length\" is missing; is --form right"},
      {"{\"timestamp\": 0, \"input_length\": \"x\", \"output_length\": 1}", "it must be a number"},
      {"{\"timestamp\": -1, \"input_length\": 1, \"output_length\": 1}", "must be between 0 and"},
      {"{\"timestamp\": 0, \"input_length\": 513, \"output_length\": 1, \"hash_ids\": [1]}",
       "one id per 512 tokens of input_length, 2 here"},
  };
  for (const auto& [row, want] : rows) {
    const ScratchFile file(row);
    const auto source = open_mooncake(file.path(), {});
    ASSERT_TRUE(source);
    std::string error;
    static_cast<void>(drain(**source, &error));
    EXPECT_NE(error.find(want), std::string::npos) << error;
  }
}

/// Written by the gateway itself, so that the two cannot drift apart.
std::string access_line(milliseconds began, milliseconds duration, std::int64_t input,
                        std::int64_t output, std::string_view deployment) {
  gateway::UsageRecord record;
  record.at = WallTime(std::chrono::hours(500'000)) + began;
  record.deployment = deployment;
  record.duration = duration;
  record.usage.input = input;
  record.usage.output = output;
  std::string line;
  gateway::append_access_line(line, record);
  return line;
}

TEST(AccessLog, CallsComeInOrderOfTheirBeginning) {
  const ScratchFile file("{\"message\":\"gateway is listening\"}\n" +
                         access_line(milliseconds(2'000), milliseconds(100), 7, 3, "a") +
                         access_line(milliseconds(2'050), milliseconds(10), 0, 0, "a") +
                         access_line(milliseconds(0), milliseconds(9'000), 5, 900, "b"));
  const auto source = open_access_log(file.path(), {});
  ASSERT_TRUE(source);
  const auto calls = drain(**source);
  ASSERT_EQ(calls.size(), 2U);  // the one without tokens was refused or failed
  EXPECT_EQ(calls[0].prompt_tokens, 5U);
  EXPECT_EQ(calls[0].at, seconds(0));
  EXPECT_EQ(calls[1].prompt_tokens, 7U);
  EXPECT_EQ(calls[1].at, seconds(2));
}

TEST(AccessLog, OneDeploymentCanBeChosen) {
  const ScratchFile file(access_line(milliseconds(0), milliseconds(1), 1, 1, "a") +
                         access_line(milliseconds(10), milliseconds(1), 2, 1, "b"));
  const auto source = open_access_log(file.path(), {.deployment = "b"});
  ASSERT_TRUE(source);
  const auto calls = drain(**source);
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].prompt_tokens, 2U);
}

TEST(AccessLog, AWrongTimeIsNamed) {
  const ScratchFile file("{\"time\":\"noon\",\"message\":\"call\"}\n");
  const auto source = open_access_log(file.path(), {});
  ASSERT_TRUE(source);
  std::string error;
  static_cast<void>(drain(**source, &error));
  EXPECT_NE(error.find("\"time\" is \"noon\", it must be RFC 3339"), std::string::npos) << error;
}

TEST(Load, ScaleDividesTimesAndUntilCuts) {
  const ScratchFile file(std::string(kAzureHeader) +
                         "2023-11-16 18:00:00.0,1,1\n2023-11-16 18:00:10.0,2,1\n"
                         "2023-11-16 18:00:20.0,3,1\n");
  const auto load = Load::create({.trace = file.path(), .scale = 2, .until = seconds(10)});
  ASSERT_TRUE(load) << load.error().to_string();
  for (int again = 0; again < 2; ++again) {
    const auto source = load->open();
    ASSERT_TRUE(source);
    const auto calls = drain(**source);
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[1].at, seconds(5));
  }
}

TEST(Load, FromIsTheNewBeginning) {
  const ScratchFile file(std::string(kAzureHeader) +
                         "2023-11-16 18:00:00.0,1,1\n2023-11-16 18:00:10.0,2,1\n"
                         "2023-11-16 18:00:20.0,3,1\n2023-11-16 18:00:30.0,4,1\n");
  const auto load =
      Load::create({.trace = file.path(), .scale = 2, .from = seconds(5), .until = seconds(15)});
  ASSERT_TRUE(load) << load.error().to_string();
  const auto source = load->open();
  ASSERT_TRUE(source);
  const auto calls = drain(**source);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].at, seconds(0));
  EXPECT_EQ(calls[0].prompt_tokens, 2U);
  EXPECT_EQ(calls[1].at, seconds(5));
  EXPECT_TRUE(load->description().ends_with(", scale 2, from 5s until 15s")) << load->description();
}

TEST(Load, OptionsThatDoNotFitAreErrors) {
  const ScratchFile file{std::string(kAzureHeader)};
  const auto message = [](const LoadOptions& options) {
    const auto load = Load::create(options);
    return load ? std::string("no error") : load.error().message();
  };
  EXPECT_EQ(message({.trace = file.path(), .scale = 0}),
            "--scale is 0, it must be above 0, for example 0.5");
  EXPECT_EQ(message({.trace = file.path(), .from = seconds(60), .until = seconds(60)}),
            "--from is 1m, it must be 0s or more and before --until");
  EXPECT_EQ(message({.trace = file.path(), .rate = 3}),
            "--rate is for --form servegen; use --scale with this form");
  EXPECT_NE(
      message({.trace = file.path(), .form = TraceForm::kServegen}).find("--lengths is missing"),
      std::string::npos);
}

}  // namespace
}  // namespace penstock::sim
