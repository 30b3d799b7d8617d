#include "sim/trace/servegen.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "sim/trace/load.h"
#include "tests/unit/sim/trace/scratch_file.h"

namespace penstock::sim {
namespace {

using testing_support::ScratchFile;

constexpr std::string_view kClients =
    "client_id,window_start_s,rate_rps,iat_cv,pattern(W=Weibull G=Gamma),shape,scale\n"
    "0,0,2.0,1,G,1,0.5\n"
    "0,600,1.0,3,W,0.5,0.1\n"
    "7,86400,5.0,8,G,0.02,73\n"
    "8,86400,1.0,1,W,1,1\n";
constexpr std::string_view kLengths =
    R"({"quantile_probs":[0,0.5,1],"clients":{"0":{"input_tokens":[10,20,30],"output_tokens":[1,1,1]},
       "7":{"input_tokens":[100,100,100],"output_tokens":[4,4,4]}}})";

TEST(Gaps, MeanAndVariationAreAsAsked) {
  struct Row {
    Gaps::Family family;
    double shape;
    double variation;  ///< standard deviation ÷ mean
  };
  const Row rows[] = {{Gaps::Family::kGamma, 4, 0.5},
                      {Gaps::Family::kGamma, 1, 1},
                      {Gaps::Family::kGamma, 0.25, 2},
                      {Gaps::Family::kWeibull, 1, 1},
                      {Gaps::Family::kWeibull, 0.5, std::sqrt(5)}};
  for (const Row& row : rows) {
    Random random(9);
    const Gaps gaps(row.family, row.shape, 3);
    constexpr int kDraws = 400'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double gap = gaps.draw(random);
      ASSERT_GE(gap, 0);
      sum += gap;
      squares += gap * gap;
    }
    const double mean = sum / kDraws;
    const double deviation = std::sqrt(squares / kDraws - mean * mean);
    EXPECT_NEAR(mean, 3, 0.05) << row.shape;
    EXPECT_NEAR(deviation / mean, row.variation, 0.05 * row.variation) << row.shape;
  }
}

/// A window that began with a whole gap would have (variation² - 1) ÷ 2 calls too many.
TEST(Gaps, BurstyWindowsKeepTheirMean) {
  for (const auto& [family, shape] :
       {std::pair{Gaps::Family::kGamma, 0.05}, std::pair{Gaps::Family::kWeibull, 0.4}}) {
    Random random(5);
    const Gaps gaps(family, shape, 1);
    double calls = 0;
    constexpr int kWindows = 20'000;
    for (int window = 0; window < kWindows; ++window) {
      for (double at = gaps.draw_first(random); at < 20; at += gaps.draw(random)) {
        ++calls;
      }
    }
    EXPECT_NEAR(calls / kWindows, 20, 0.6) << shape;
  }
}

TEST(Gaps, SumsAreWhatSingleGapsAddUpTo) {
  for (const Gaps::Family family : {Gaps::Family::kGamma, Gaps::Family::kWeibull}) {
    Random random(8);
    const Gaps gaps(family, 0.6, 2);
    double sum = 0;
    double one_by_one = 0;
    for (int i = 0; i < 50'000; ++i) {
      sum += gaps.draw_sum(random, 7);
      for (int j = 0; j < 7; ++j) {
        one_by_one += gaps.draw(random);
      }
    }
    EXPECT_NEAR(sum / 50'000, 14, 0.2);
    EXPECT_NEAR(one_by_one / 50'000, 14, 0.2);
  }
}

TEST(Quantiles, LinearBetweenThem) {
  const std::vector<double> probabilities = {0, 0.5, 1};
  const std::vector<double> values = {10, 20, 100};
  EXPECT_DOUBLE_EQ(at_quantile(probabilities, values, 0), 10);
  EXPECT_DOUBLE_EQ(at_quantile(probabilities, values, 0.25), 15);
  EXPECT_DOUBLE_EQ(at_quantile(probabilities, values, 0.75), 60);
  EXPECT_DOUBLE_EQ(at_quantile(probabilities, values, 1), 100);
}

std::vector<TraceRequest> draw(const ScratchFile& clients, const ScratchFile& lengths,
                               std::uint32_t day, double scale, std::uint64_t seed) {
  const auto load = Load::create({.trace = clients.path(),
                                  .form = TraceForm::kServegen,
                                  .lengths = lengths.path(),
                                  .day = day,
                                  .scale = scale,
                                  .seed = seed});
  EXPECT_TRUE(load) << (load ? "" : load.error().to_string());
  std::vector<TraceRequest> calls;
  if (!load) {
    return calls;
  }
  const auto source = load->open();
  TraceRequest call;
  while (*(*source)->next(call)) {
    calls.push_back(call);
  }
  return calls;
}

TEST(Servegen, WindowsHaveTheirRatesAndLengths) {
  const ScratchFile clients(kClients);
  const ScratchFile lengths(kLengths, true);
  const auto calls = draw(clients, lengths, 0, 1, 3);
  EXPECT_NEAR(static_cast<double>(calls.size()), 1'800, 200);
  std::chrono::nanoseconds before{0};
  double prompts = 0;
  for (const TraceRequest& call : calls) {
    EXPECT_GE(call.at, before);
    EXPECT_LT(call.at, std::chrono::seconds(1'200));
    EXPECT_GE(call.prompt_tokens, 10U);
    EXPECT_LE(call.prompt_tokens, 30U);
    before = call.at;
    prompts += call.prompt_tokens;
  }
  EXPECT_NEAR(prompts / static_cast<double>(calls.size()), 20, 0.7);
}

TEST(Servegen, AnotherDayHasOtherClientsAndBorrowedLengths) {
  const ScratchFile clients(kClients);
  const ScratchFile lengths(kLengths);
  const auto calls = draw(clients, lengths, 1, 1, 3);
  EXPECT_GT(calls.size(), 400U);
  for (const TraceRequest& call : calls) {
    EXPECT_EQ(call.prompt_tokens, 100U);  // client 8 has none of its own on this day
    EXPECT_EQ(call.output_tokens, 4U);
  }
}

TEST(Servegen, TheSameSeedGivesTheSameCalls) {
  const ScratchFile clients(kClients);
  const ScratchFile lengths(kLengths);
  const auto one = draw(clients, lengths, 0, 0.5, 3);
  const auto same = draw(clients, lengths, 0, 0.5, 3);
  const auto other = draw(clients, lengths, 0, 0.5, 4);
  ASSERT_EQ(one.size(), same.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].at, same[i].at);
    EXPECT_EQ(one[i].prompt_tokens, same[i].prompt_tokens);
  }
  EXPECT_NE(one.front().at, other.front().at);
  EXPECT_NEAR(static_cast<double>(one.size()), 900, 130);
}

TEST(Servegen, ErrorsSayWhereAndWhatToDo) {
  const std::string header =
      "client_id,window_start_s,rate_rps,iat_cv,pattern(W=Weibull G=Gamma),shape,scale\n";
  const std::pair<std::string, const char*> rows[] = {
      {"id\n", "line 1, column 1: the header must be"},
      {header + "0,0,1\n", "line 2, column 1: the row has 3 cells, it needs 7"},
      {header + "0,0,-1,1,G,1,1\n", "line 2, column 5: rate_rps is \"-1\""},
      {header + "0,0,1,1,X,1,1\n", "line 2, column 9: pattern is \"X\", it must be W"},
      {header + "0,0,1,1,G,0,1\n", "shape is \"0\", it must be a number of at least 0.000001"},
      {header + "0,86400,1,1,G,1,1\n", "no calls on day 0; it has the days 0 to 1, choose one"},
  };
  const ScratchFile lengths(kLengths);
  for (const auto& [text, want] : rows) {
    const ScratchFile clients(text);
    const auto read = read_population(clients.path(), lengths.path(), 0);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message().find(want), std::string::npos) << read.error().message();
  }
  const std::pair<const char*, const char*> documents[] = {
      {"{}", "\"quantile_probs\" and \"clients\" are needed"},
      {R"({"quantile_probs":[0,0.5],"clients":{}})", "must go from 0 to 1"},
      {R"({"quantile_probs":[0,1],"clients":{}})", "do the two files belong together"},
      {R"({"quantile_probs":[0,1],"clients":{"0":{"input_tokens":[5,4],"output_tokens":[1,1]}}})",
       "clients.0.input_tokens must be numbers that never fall"},
      {R"({"quantile_probs":[0,1],"clients":{"0":{"input_tokens":[5,6]}}})",
       "clients.0.output_tokens is missing"},
  };
  const ScratchFile clients(kClients);
  for (const auto& [text, want] : documents) {
    const ScratchFile document(text);
    const auto read = read_population(clients.path(), document.path(), 0);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message().find(want), std::string::npos) << read.error().message();
  }
}

TEST(Servegen, RateChoosesTheScale) {
  const ScratchFile clients(kClients);
  const ScratchFile lengths(kLengths);
  LoadOptions options{
      .trace = clients.path(), .form = TraceForm::kServegen, .lengths = lengths.path(), .rate = 1};
  const auto load = Load::create(options);
  ASSERT_FALSE(load);
  EXPECT_NE(load.error().message().find("--rate is 1, it must be above 0 and at most 0.020833"),
            std::string::npos)
      << load.error().message();
}

}  // namespace
}  // namespace penstock::sim
