#include "engine/parse_request.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace penstock::engine {
namespace {

GenerationRequest chat(std::string_view body) {
  auto request = parse_generation(Endpoint::kChat, body);
  EXPECT_TRUE(request.has_value()) << request.error().message;
  return request.value_or(GenerationRequest());
}

TEST(ParseChat, TakesWhatMatters) {
  const GenerationRequest request = chat(R"({
    "model": "m", "messages": [{"role": "user", "content": "hi"}], "n": 3, "max_tokens": 9,
    "min_tokens": 2, "ignore_eos": true, "stop": ["a", "b"], "seed": -4, "stream": true,
    "stream_options": {"include_usage": true, "continuous_usage_stats": true}, "priority": -1,
    "include_stop_str_in_output": true, "temperature": 0.5, "tools": [], "unknown": {"x": 1}})");
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.n, 3U);
  EXPECT_EQ(request.max_tokens, 9U);
  EXPECT_EQ(request.min_tokens, 2U);
  EXPECT_TRUE(request.ignore_eos);
  EXPECT_EQ(request.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request.seed, -4);
  EXPECT_TRUE(request.stream && request.include_usage && request.continuous_usage);
  EXPECT_TRUE(request.include_stop);
  EXPECT_EQ(request.priority, -1);
  ASSERT_EQ(request.prompts.size(), 1U);
}

TEST(ParseChat, HasDefaults) {
  const GenerationRequest request =
      chat(R"({"messages": [{"role": "user", "content": "hi"}], "stop": null, "n": null})");
  EXPECT_EQ(request.model, "");
  EXPECT_EQ(request.n, 1U);
  EXPECT_FALSE(request.max_tokens || request.seed || request.stream || request.include_usage);
}

TEST(ParseChat, NewerLengthFieldWins) {
  EXPECT_EQ(chat(R"({"messages": [{"role": "user", "content": "x"}], "max_tokens": 5,
                     "max_completion_tokens": 7})")
                .max_tokens,
            7U);
}

TEST(ParseChat, ConversationGoesOnTokenForToken) {
  const auto first = chat(R"({"messages": [{"role": "user", "content": "one"}]})").prompts[0];
  auto answered = first;
  tokenize("Two three.", answered);
  const auto second = chat(R"({"messages": [{"role": "user", "content": "one"},
      {"role": "assistant", "content": "Two three."}, {"role": "user", "content": "four"}]})")
                          .prompts[0];
  ASSERT_GT(second.size(), answered.size());
  EXPECT_TRUE(std::equal(answered.begin(), answered.end(), second.begin()));
}

TEST(ParseChat, ContentMayBePartsOrNothing) {
  const auto text = chat(R"({"messages": [{"role": "user", "content": "look"}]})").prompts[0];
  const auto parts =
      chat(R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "look"}]}]})")
          .prompts[0];
  EXPECT_EQ(parts, text);
  const auto image = chat(R"({"messages": [{"role": "user", "content": [
      {"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "x"}}]}]})")
                         .prompts[0];
  EXPECT_GT(image.size(), text.size() + 100);
  const auto calls = chat(R"({"messages": [{"role": "user", "content": "x"},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]},
      {"role": "tool", "content": "y"}]})");
  EXPECT_GT(calls.prompts[0].size(), text.size());
}

struct Refusal {
  std::string body;
  std::string param;
  std::string words;
};

TEST(ParseChat, RefusesWithTheFieldAndTheReason) {
  const std::string ok = R"("messages":[{"role":"user","content":"x"}])";
  const std::vector<Refusal> rows = {
      {"", "", "JSON decode error"},
      {"{", "", "JSON decode error: 1:2"},
      {"[1]", "", "valid dictionary"},
      {"{}", "messages", "Field required"},
      {R"({"messages":[]})", "messages", "at least one"},
      {R"({"messages":"x"})", "messages", "list"},
      {R"({"messages":[{"content":"x"}]})", "messages[0].role", "valid string"},
      {R"({"messages":[{"role":"user","content":5}]})", "messages[0].content", "valid string"},
      {R"({"messages":[{"role":"user","content":[{}]}]})", "messages[0].content", "type"},
      {"{" + ok + R"(,"max_tokens":"x"})", "max_tokens", "valid integer"},
      {"{" + ok + R"(,"max_tokens":0})", "max_tokens", "between 1"},
      {"{" + ok + R"(,"max_tokens":1.5})", "max_tokens", "valid integer"},
      {"{" + ok + R"(,"max_tokens":18446744073709551615})", "max_tokens", "valid integer"},
      {"{" + ok + R"(,"max_tokens":2,"min_tokens":3})", "min_tokens", "less than or equal"},
      {"{" + ok + R"(,"n":0})", "n", "between 1"},
      {"{" + ok + R"(,"stream":"yes"})", "stream", "valid boolean"},
      {"{" + ok + R"(,"stream_options":{}})", "stream_options", "stream=True"},
      {"{" + ok + R"(,"stream":true,"stream_options":{"include_usage":1}})", "stream_options",
       "include_usage"},
      {"{" + ok + R"(,"stop":5})", "stop", "string"},
      {"{" + ok + R"(,"stop":[""]})", "stop", "empty"},
      {"{" + ok + R"(,"temperature":-1})", "temperature", "[0"},
      {"{" + ok + R"(,"top_p":1.5})", "top_p", "[0, 1]"},
      {"{" + ok + R"(,"model":7})", "model", "valid string"},
      {"{" + ok + R"(,"seed":"x"})", "seed", "valid integer"},
  };
  for (const Refusal& row : rows) {
    const auto request = parse_generation(Endpoint::kChat, row.body);
    ASSERT_FALSE(request.has_value()) << row.body;
    EXPECT_EQ(request.error().status, 400) << row.body;
    EXPECT_EQ(request.error().param, row.param) << row.body;
    EXPECT_NE(request.error().message.find(row.words), std::string::npos)
        << row.body << ": " << request.error().message;
  }
}

TEST(ParseCompletions, TakesEveryFormOfPrompt) {
  const auto prompts = [](std::string_view body) {
    const auto request = parse_generation(Endpoint::kCompletions, body);
    EXPECT_TRUE(request.has_value()) << request.error().message;
    return request->prompts;
  };
  using Prompts = std::vector<std::vector<TokenId>>;
  EXPECT_EQ(prompts(R"({"prompt":"one two"})"), (Prompts{tokenize("one two")}));
  EXPECT_EQ(prompts(R"({"prompt":["one","two"]})"), (Prompts{tokenize("one"), tokenize("two")}));
  EXPECT_EQ(prompts(R"({"prompt":[1,2,3]})"), (Prompts{{1, 2, 3}}));
  EXPECT_EQ(prompts(R"({"prompt":[[1,2],[3]]})"), (Prompts{{1, 2}, {3}}));
  EXPECT_EQ(parse_generation(Endpoint::kCompletions, R"({"prompt":"x"})")->max_tokens, 16U);
}

TEST(ParseCompletions, RefusesWhatIsNoPrompt) {
  for (const std::string_view body :
       {R"({})", R"({"prompt":""})", R"({"prompt":[]})", R"({"prompt":[[]]})", R"({"prompt":[-1]})",
        R"({"prompt":["x",{}]})", R"({"prompt":[1,"x"]})", R"({"prompt":[1.5]})",
        R"({"prompt":{}})"}) {
    const auto request = parse_generation(Endpoint::kCompletions, body);
    ASSERT_FALSE(request.has_value()) << body;
    EXPECT_EQ(request.error().param, "prompt") << body;
  }
}

TEST(ParseEmbedding, TakesFormatAndDimensions) {
  const auto request = parse_embedding(
      R"({"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":12})");
  ASSERT_TRUE(request.has_value());
  EXPECT_TRUE(request->base64);
  EXPECT_EQ(request->dimensions, 12U);
  EXPECT_EQ(request->inputs.size(), 2U);
  EXPECT_FALSE(parse_embedding(R"({"input":"a"})")->base64);
  EXPECT_EQ(parse_embedding(R"({"input":"a","encoding_format":"int8"})").error().param,
            "encoding_format");
  EXPECT_EQ(parse_embedding(R"({"input":"a","dimensions":0})").error().param, "dimensions");
  EXPECT_EQ(parse_embedding(R"({})").error().param, "input");
}

TEST(ParseTokenize, PromptAndMessagesCountAsTheyDoInUsage) {
  const auto prompt = parse_tokenize(R"({"prompt":"Why is it blue?"})");
  ASSERT_TRUE(prompt.has_value());
  EXPECT_EQ(prompt->tokens, tokenize("Why is it blue?"));
  const std::string messages = R"({"messages":[{"role":"user","content":"hi"}]})";
  EXPECT_EQ(parse_tokenize(messages)->tokens, chat(messages).prompts[0]);
  EXPECT_EQ(parse_tokenize("{}").error().param, "prompt");
  EXPECT_EQ(parse_detokenize(R"({"tokens":[1,2]})")->tokens, (std::vector<TokenId>{1, 2}));
  EXPECT_EQ(parse_detokenize(R"({"tokens":["x"]})").error().param, "tokens");
}

TEST(ParseRequest, MutatedBodiesAreTakenOrRefusedWithAReason) {
  const std::string good =
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],)"
      R"("n":2,"max_tokens":9,"stop":["x"],"stream":true,"stream_options":{"include_usage":true},)"
      R"("prompt":[[1,2],[3]],"input":"q","tokens":[4],"seed":1,"echo":false})";
  Random random(11);
  int taken = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::string body = good;
    const std::uint64_t changes = 1 + random.below(3);
    for (std::uint64_t i = 0; i < changes; ++i) {
      const auto at = static_cast<std::size_t>(random.below(body.size()));
      switch (random.below(3)) {
        case 0:
          body[at] = R"({}[]",:0-x9)"[random.below(12)];
          break;
        case 1:
          body.erase(at, random.below(6));
          break;
        default:
          body.insert(at, body.substr(random.below(body.size()), random.below(12)));
      }
    }
    const auto request = parse_generation(Endpoint::kChat, body);
    taken += request ? 1 : 0;
    ASSERT_TRUE(request || (request.error().status == 400 && !request.error().message.empty()));
    ASSERT_TRUE(!request || !request->prompts.at(0).empty());
    (void)parse_generation(Endpoint::kCompletions, body);
    (void)parse_embedding(body);
    (void)parse_tokenize(body);
    (void)parse_detokenize(body);
  }
  EXPECT_GT(taken, 40);
}

}  // namespace
}  // namespace penstock::engine
