#include "app/plan/model_config.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "scaling/planner/memory.h"
#include "scaling/planner/saturating.h"

namespace penstock::app::plan {
namespace {

json::Value config_file(const std::string& name) {
  const std::ifstream file(PENSTOCK_SOURCE_DIR "/tests/unit/app/plan/configs/" + name + ".json");
  std::ostringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).value();
}

struct Row {
  const char* file;
  std::uint64_t parameters_millions;  ///< as the model's card or the hub's index of weights says
  std::uint64_t active_millions;
  std::uint64_t weight_bits;
  std::uint64_t kv_bytes_per_token;
  std::uint64_t context;
};

class Published : public testing::TestWithParam<Row> {};

TEST_P(Published, ParametersAreCountedAsTheCardSays) {
  const Row& row = GetParam();
  const auto config = model_config(config_file(row.file));
  ASSERT_TRUE(config) << config.error().message();
  const auto millions = [](std::uint64_t number) { return (number + 500'000) / 1'000'000; };
  EXPECT_EQ(millions(config->shape.parameters), row.parameters_millions);
  EXPECT_EQ(millions(config->shape.active_parameters), row.active_millions);
  EXPECT_EQ(config->shape.weight_bits, row.weight_bits);
  EXPECT_EQ(scaling::planner::kv_bytes_per_token(config->shape), row.kv_bytes_per_token);
  EXPECT_EQ(config->longest_context, row.context);
}

// Parameters: 8,030,261,248; 70,553,706,496; 405,853,388,800 (Llama 3.1); 494,032,768
// (Qwen2.5-0.5B); 32,762,123,264 (Qwen3-32B); 30,532,122,624 of which 3.3 billion active
// (Qwen3-30B-A3B); 46,702,792,704 of which 12.9 billion active (Mixtral); 671 billion of which 37
// active without the layer that predicts further tokens (DeepSeek-R1); 3,821,079,552 (Phi-3-mini);
// 7,241,732,096 (Mistral 7B).
INSTANTIATE_TEST_SUITE_P(Models, Published,
                         testing::Values(Row{"llama-3.1-8b", 8'030, 0, 16, 131'072, 131'072},
                                         Row{"llama-3.1-70b-awq", 70'554, 0, 4, 327'680, 131'072},
                                         Row{"llama-3.1-405b-fp8", 405'853, 0, 8, 516'096, 131'072},
                                         Row{"qwen2.5-0.5b", 494, 0, 16, 12'288, 32'768},
                                         Row{"qwen3-32b", 32'762, 0, 16, 262'144, 40'960},
                                         Row{"qwen3-30b-a3b", 30'532, 3'353, 16, 98'304, 40'960},
                                         Row{"mixtral-8x7b", 46'703, 12'880, 16, 131'072, 32'768},
                                         Row{"deepseek-r1", 671'026, 37'552, 8, 70'272, 163'840},
                                         Row{"phi-3-mini-4k", 3'821, 0, 16, 393'216, 4'096},
                                         Row{"mistral-7b-v0.1", 7'242, 0, 16, 131'072, 32'768}),
                         [](const auto& info) {
                           std::string name;
                           for (const char letter : std::string(info.param.file)) {
                             name += letter == '-' || letter == '.' ? '_' : letter;
                           }
                           return name;
                         });

TEST(ModelConfig, WindowsAreThoseThatTheModelUses) {
  const auto phi = model_config(config_file("phi-3-mini-4k"));
  EXPECT_EQ(phi->shape.window, 2047U);
  EXPECT_EQ(phi->shape.window_layers, 32U);
  EXPECT_EQ(model_config(config_file("qwen2.5-0.5b"))->shape.window, 0U) << "switched off";
  json::Value qwen = config_file("qwen2.5-0.5b");
  qwen["use_sliding_window"] = true;
  EXPECT_EQ(model_config(qwen)->shape.window_layers, 3U) << "those above max_window_layers";
}

struct Format {
  const char* name;
  const char* config;  ///< quantization_config
  std::uint64_t bits;  ///< 0: an error
  const char* says = "";
};

class Quantized : public testing::TestWithParam<Format> {};

TEST_P(Quantized, SaysItsBits) {
  json::Value config = config_file("llama-3.1-8b");
  config["quantization_config"] = json::parse(GetParam().config).value();
  const auto read = model_config(config);
  if (GetParam().bits > 0) {
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->shape.weight_bits, GetParam().bits);
  } else {
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message().find(GetParam().says), std::string::npos)
        << read.error().message();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Quantized,
    testing::Values(
        Format{"Fp8", R"({"quant_method": "fp8"})", 8},
        Format{"Gptq", R"({"quant_method": "gptq", "bits": 3})", 3},
        Format{
            "CompressedTensors",
            R"({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8}}}})",
            8},
        Format{"BitsAndBytes", R"({"quant_method": "bitsandbytes", "load_in_4bit": true})", 4},
        Format{"Unknown", R"({"quant_method": "mxfp4"})", 0, "\"quant_method\" mxfp4 is not known"},
        Format{"WithoutBits", R"({"quant_method": "awq"})", 0,
               "quantization_config: there is no \"bits\""},
        Format{"ZeroBits", R"({"quant_method": "awq", "bits": 0})", 0,
               "\"bits\" is 0; it must be from 1 to 16"},
        Format{"NoGroups", R"({"quant_method": "compressed-tensors", "config_groups": [7]})", 0,
               "no \"config_groups\""},
        Format{
            "WrongGroup",
            R"({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": "x"}}}})",
            0, "config_groups.g.weights: \"num_bits\" is \"x\""},
        Format{"NoObject", "[8]", 0, "\"quantization_config\" is no object"}),
    [](const auto& info) { return std::string(info.param.name); });

struct Hostile {
  const char* name;
  const char* file;
  const char* patch;  ///< RFC 7386
  const char* says;
};

class Refused : public testing::TestWithParam<Hostile> {};

TEST_P(Refused, NamesTheKeyAndWhatBelongsThere) {
  const Hostile& row = GetParam();
  json::Value config = config_file(row.file);
  config.merge_patch(json::parse(row.patch).value());
  const auto read = model_config(config);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find(row.says), std::string::npos) << read.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Values, Refused,
    testing::Values(
        Hostile{"Missing", "llama-3.1-8b", R"({"num_hidden_layers": null})",
                "there is no \"num_hidden_layers\", and the planner needs it"},
        Hostile{"MissingExperts", "mixtral-8x7b", R"({"num_local_experts": null})",
                "there is no \"num_local_experts\""},
        Hostile{"MissingLatent", "deepseek-r1", R"({"kv_lora_rank": null})",
                "there is no \"kv_lora_rank\""},
        Hostile{"Negative", "llama-3.1-8b", R"({"hidden_size": -4096})",
                "\"hidden_size\" is -4096; it must be from 1 to 1000000"},
        Hostile{"Zero", "llama-3.1-8b", R"({"num_key_value_heads": 0})",
                "\"num_key_value_heads\" is 0; it must be from 1 to 10000"},
        Hostile{"TwoToTheSixty", "llama-3.1-8b", R"({"num_hidden_layers": 1152921504606846976})",
                "\"num_hidden_layers\" is 1152921504606846976; it must be from 1 to 10000"},
        Hostile{"BeyondSixtyFourBits", "llama-3.1-8b", R"({"vocab_size": 36893488147419103232})",
                "\"vocab_size\" is "},
        Hostile{"Fraction", "llama-3.1-8b", R"({"head_dim": 127.5})",
                "\"head_dim\" is 127.5, which is not a whole number"},
        Hostile{"Text", "llama-3.1-8b", R"({"num_attention_heads": "32"})",
                "\"num_attention_heads\" is \"32\", which is not a whole number"},
        Hostile{
            "LongText", "llama-3.1-8b",
            R"({"hidden_size": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})",
            "aaa…, which"},
        Hostile{"Object", "llama-3.1-8b", R"({"intermediate_size": {"a": 1}})",
                "\"intermediate_size\" is {\"a\":1}"},
        Hostile{"FlagThatIsNone", "llama-3.1-8b", R"({"tie_word_embeddings": "yes"})",
                "it must be true or false"},
        Hostile{"HeadsThatDoNotDivide", "llama-3.1-8b", R"({"num_key_value_heads": 5})",
                "\"num_key_value_heads\" 5 does not divide \"num_attention_heads\" 32"},
        Hostile{"NoHeadDim", "llama-3.1-8b", R"({"num_attention_heads": 24})",
                "\"hidden_size\" is no multiple of \"num_attention_heads\""},
        Hostile{"MoreExpertsUsedThanThere", "mixtral-8x7b", R"({"num_experts_per_tok": 9})",
                "\"num_experts_per_tok\" 9 is more than the 8 experts"},
        Hostile{"SparseStep", "qwen3-30b-a3b", R"({"decoder_sparse_step": 2})",
                "\"decoder_sparse_step\" is 2"},
        Hostile{"NoListOfLayers", "qwen3-30b-a3b", R"({"mlp_only_layers": 3})",
                "\"mlp_only_layers\" is not a list"},
        // Each is within its limit; together they are not.
        Hostile{"AllAtTheirLimits", "deepseek-r1",
                R"({"num_hidden_layers": 10000, "hidden_size": 1000000, "n_routed_experts": 100000,
                    "moe_intermediate_size": 1000000, "n_shared_experts": 100000, "vocab_size": 100000000,
                    "kv_lora_rank": 1000000, "q_lora_rank": 1000000, "qk_nope_head_dim": 65536})",
                "more than 10^14 parameters"},
        Hostile{"AnotherFamily", "llama-3.1-8b", R"({"model_type": "mamba"})",
                "\"model_type\" mamba is not known; known are llama, mistral, qwen2, qwen3, phi3, "
                "mixtral, qwen3_moe, deepseek_v3"},
        Hostile{"NoFamily", "llama-3.1-8b", R"({"model_type": null})",
                "there is no \"model_type\""},
        Hostile{"FamilyThatIsNoWord", "llama-3.1-8b", R"({"model_type": 7})",
                "\"model_type\" is 7, which is not a word"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ModelConfig, NoObjectAtAll) {
  for (const char* text : {"[]", "7", "null", "\"x\""}) {
    const auto read = model_config(json::parse(text).value());
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message().find("no JSON object"), std::string::npos);
  }
}

}  // namespace
}  // namespace penstock::app::plan
