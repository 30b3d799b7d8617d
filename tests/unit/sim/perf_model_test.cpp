#include "sim/engine_model/perf_model.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "sim/engine_model/perf_presets.h"
#include "tests/unit/sim/property.h"

namespace penstock::sim {
namespace {

using std::chrono::nanoseconds;

constexpr const char* kRound = R"(# made for the test
# head_ms=0.5 attn_prefill_ms_per_tok2=1e-6 attn_decode_ms_per_kvtok=1e-4 attn_decode_base_ms=0.25 kv_capacity_tokens=1000 kv_bytes_per_token=64 gpus=2
batch_tokens,gemm_ms,linear_ms
1,9,2
4,9,5
100,9,101
)";

PerfModel round_model(Calibration calibration = {.overhead_ms = 0, .factor = 1}) {
  return *PerfModel::parse("round", kRound, calibration);
}

nanoseconds ms(double value) {
  return nanoseconds(std::llround(value * 1e6));
}

TEST(PerfModel, ReadsCoefficients) {
  const PerfModel model = round_model();
  EXPECT_EQ(model.name(), "round");
  EXPECT_EQ(model.kv_capacity_tokens(), 1000U);
  EXPECT_EQ(model.kv_bytes_per_token(), 64U);
  EXPECT_EQ(model.gpus(), 2U);
}

TEST(PerfModel, InterpolatesBetweenRows) {
  const PerfModel model = round_model();
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 1}), ms(2.5));
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 2}), ms(3.5));
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 4}), ms(5.5));
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 52}), ms(53.5));
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 100}), ms(101.5));
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 200}), ms(201.5));  // the last segment goes on
}

TEST(PerfModel, InterpolationIsContinuousAndMonotoneInEveryPreset) {
  for (const PerfPreset& preset : perf_presets()) {
    const PerfModel model = *perf_preset(preset.name);
    nanoseconds before = model.iteration_time({.prefill_tokens = 1});
    for (std::uint32_t tokens = 2; tokens <= 20'000; ++tokens) {
      const nanoseconds now = model.iteration_time({.prefill_tokens = tokens});
      ASSERT_GE(now, before) << preset.name << " at " << tokens;
      ASSERT_LT(now - before, std::chrono::milliseconds(1)) << preset.name << " at " << tokens;
      before = now;
    }
  }
}

TEST(PerfModel, ATableMayHaveARowPerToken) {
  std::string csv = kRound;
  csv.resize(csv.find("1,9,2"));
  for (int tokens = 3; tokens <= 3000; ++tokens) {
    csv += std::to_string(tokens) + ",0," + std::to_string(tokens % 2 == 0 ? tokens : tokens + 1) +
           "\n";
  }
  const PerfModel model = *PerfModel::parse("dense", csv, {.overhead_ms = 0, .factor = 1});
  EXPECT_EQ(model.iteration_time({.prefill_tokens = 1}),
            ms(4.5));  // below the table: its first row
  for (const std::uint32_t tokens : {3U, 4U, 5U, 255U, 256U, 257U, 1024U, 2047U, 2999U, 3000U}) {
    EXPECT_EQ(model.iteration_time({.prefill_tokens = tokens}),
              ms((tokens % 2 == 0 ? tokens : tokens + 1) + 0.5))
        << tokens;
  }
}

TEST(PerfModel, AddsAttentionOfPrefillAndDecode) {
  const PerfModel model = round_model();
  // Chunk of 100 after 1000: 100 · (1000 + 50) token² at 1e-6 ms.
  EXPECT_EQ(
      model.iteration_time({.prefill_tokens = 100,
                            .prefill_attention_tokens2 = BatchShape::prefill_attention(1000, 100)}),
      ms(101.5 + 0.105));
  EXPECT_EQ(model.iteration_time({.decode_sequences = 4, .decode_context_tokens = 10'000}),
            ms(5.5 + 0.25 + 1.0));
}

TEST(PerfModel, CalibrationScalesTheWholeIteration) {
  const PerfModel model = round_model({.overhead_ms = 1.0, .factor = 1.07});
  EXPECT_EQ(model.iteration_time({.decode_sequences = 4, .decode_context_tokens = 10'000}),
            ms(1.07 * (1.0 + 5.5 + 0.25 + 1.0)));
}

TEST(PerfModel, PrefillTimeRunsThroughTheChunks) {
  const PerfModel model = round_model();
  const nanoseconds first = model.iteration_time(
      {.prefill_tokens = 64, .prefill_attention_tokens2 = BatchShape::prefill_attention(32, 64)});
  const nanoseconds second = model.iteration_time(
      {.prefill_tokens = 4, .prefill_attention_tokens2 = BatchShape::prefill_attention(96, 4)});
  EXPECT_EQ(model.prefill_time(100, 32, 64), first + second);
  EXPECT_EQ(model.prefill_time(100, 100, 64), nanoseconds(0));
}

struct BadSheet {
  const char* why;
  std::string from;
  std::string to;
  const char* message;
};

class BadSheets : public testing::TestWithParam<BadSheet> {};

TEST_P(BadSheets, AreRefusedWithTheReason) {
  std::string csv = kRound;
  csv.replace(csv.find(GetParam().from), GetParam().from.size(), GetParam().to);
  const auto model = PerfModel::parse("bad", csv);
  ASSERT_FALSE(model.has_value()) << GetParam().why;
  EXPECT_EQ(model.error().code(), Code::kInvalid);
  EXPECT_NE(model.error().message().find(GetParam().message), std::string::npos)
      << model.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSheets,
    testing::Values(BadSheet{"no head", "head_ms=0.5", "", "head_ms"},
                    BadSheet{"negative", "attn_decode_base_ms=0.25", "attn_decode_base_ms=-1",
                             "attn_decode_base_ms"},
                    BadSheet{"no capacity", "kv_capacity_tokens=1000", "kv_capacity_tokens=0",
                             "kv_capacity_tokens"},
                    BadSheet{"no column", "linear_ms", "total_ms", "linear_ms"},
                    BadSheet{"not a number", "4,9,5", "4,9,five", "line 5"},
                    BadSheet{"zero time", "4,9,5", "4,9,0", "line 5"},
                    BadSheet{"short row", "4,9,5", "4,9", "line 5"},
                    BadSheet{"not growing", "4,9,5", "1,9,5", "must grow"},
                    BadSheet{"no rows", "1,9,2\n4,9,5\n100,9,101\n", "", "no rows"}));

TEST(PerfModel, RefusesACalibrationWithoutMeaning) {
  EXPECT_FALSE(PerfModel::parse("x", kRound, {.overhead_ms = 1, .factor = 0}).has_value());
  EXPECT_FALSE(PerfModel::parse("x", kRound, {.overhead_ms = -1, .factor = 1}).has_value());
}

TEST(PerfPresets, AllParseAndNameTheirSourceAndLicence) {
  ASSERT_EQ(perf_presets().size(), 5U);
  EXPECT_EQ(perf_presets().front().name, kDefaultPerfPreset);
  for (const PerfPreset& preset : perf_presets()) {
    EXPECT_TRUE(perf_preset(preset.name).has_value()) << preset.name;
    const auto first_line = preset.csv.substr(0, preset.csv.find('\n'));
    EXPECT_NE(first_line.find("aiconfigurator"), std::string_view::npos) << preset.name;
    EXPECT_NE(first_line.find("Apache-2.0"), std::string_view::npos) << preset.name;
  }
}

TEST(PerfPresets, UnknownNameListsTheKnownOnes) {
  const auto model = perf_preset("gpt-5/abacus");
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code(), Code::kNotFound);
  EXPECT_NE(model.error().message().find("llama3.1-70b/a100"), std::string::npos);
}

/// The composed figures that the tables' authors published with them (2 ms overhead, no factor):
/// decode at 1k context for 1, 16, 64, 128, 256 sequences, then prefill of 512, 2048, 8192 tokens.
struct Composed {
  const char* preset;
  double ms[8];
};

class ComposedFigures : public testing::TestWithParam<Composed> {};

TEST_P(ComposedFigures, AreReproduced) {
  const PerfModel model = *perf_preset(GetParam().preset, {.overhead_ms = 2.0, .factor = 1.0});
  constexpr std::uint32_t kBatches[] = {1, 16, 64, 128, 256};
  constexpr std::uint32_t kPrefills[] = {512, 2048, 8192};
  for (std::size_t i = 0; i < 5; ++i) {
    const auto time =
        model.iteration_time({.decode_sequences = kBatches[i],
                              .decode_context_tokens = std::uint64_t{1024} * kBatches[i]});
    EXPECT_NEAR(static_cast<double>(time.count()) / 1e6, GetParam().ms[i],
                0.06 + 0.002 * GetParam().ms[i]);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const auto time = model.prefill_time(kPrefills[i], 0, 8192);
    EXPECT_NEAR(static_cast<double>(time.count()) / 1e6, GetParam().ms[5 + i],
                0.5 + 0.002 * GetParam().ms[5 + i]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Presets, ComposedFigures,
    testing::Values(Composed{"llama3.1-8b/h100", {8.1, 8.9, 11.3, 14.5, 21.4, 12, 43, 189}},
                    Composed{"llama3.1-8b/a100", {12.6, 14.4, 19.4, 27.3, 44.8, 34, 121, 558}},
                    Composed{"llama3.1-70b/h100", {16.5, 17.7, 20.8, 24.6, 32.9, 38, 150, 548}},
                    Composed{"llama3.1-70b/a100", {28.2, 31.9, 38.5, 48.0, 75.7, 104, 340, 1400}},
                    Composed{"qwen3-32b/h100", {14.9, 16.0, 19.5, 23.7, 32.7, 29, 108, 472}}));

/// A sheet with a stretch of it cut out, doubled or replaced is read or refused, never worse.
RC_GTEST_PROP(PerfModelProperty, SurvivesDamagedSheets, ()) {
  std::string csv(perf_presets().front().csv);
  const auto from = *rc::gen::inRange<std::size_t>(0, csv.size());
  const auto length = *rc::gen::inRange<std::size_t>(0, 40);
  const std::string cut = csv.substr(from, length);
  const auto put = *rc::gen::element<std::string>("", cut + cut, "\n", ",", "=", "-1", "1e308",
                                                  "nan", "#", "\r", "99999999999");
  csv.replace(from, cut.size(), put);
  const auto model = PerfModel::parse("damaged", csv);
  if (model) {
    RC_ASSERT(model->iteration_time({.prefill_tokens = 1}).count() > 0);
    RC_ASSERT(model->iteration_time({.prefill_tokens = 4'000'000'000U}).count() > 0);
  } else {
    RC_ASSERT(model.error().code() == Code::kInvalid);
  }
}

}  // namespace
}  // namespace penstock::sim
