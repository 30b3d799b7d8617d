#include "engine/answer.h"

#include <cmath>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "engine/embedding.h"
#include "engine/fault.h"

namespace penstock::engine {
namespace {

const AnswerContext kChat{
    .endpoint = Endpoint::kChat, .id = "chatcmpl-1", .created = 12, .model = "m\"x"};
const AnswerContext kText{
    .endpoint = Endpoint::kCompletions, .id = "cmpl-1", .created = 12, .model = "m"};
const std::string kChatHead =
    R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":12,"model":"m\"x",)";
constexpr Usage kUsage{.prompt_tokens = 5, .completion_tokens = 2, .cached_tokens = 3};
const std::string kUsageText = R"({"prompt_tokens":5,"total_tokens":7,"completion_tokens":2,)"
                               R"("prompt_tokens_details":{"cached_tokens":3}})";

TEST(StreamWriter, WritesChatChunks) {
  const StreamWriter writer(kChat);
  const std::optional<std::string> none;
  const StreamWriter::Ending length{FinishReason::kLength, &none};
  std::string out;
  writer.role(out, 1, nullptr);
  EXPECT_EQ(out, kChatHead + R"("choices":[{"index":1,"delta":{"role":"assistant","content":""},)" +
                     R"("logprobs":null,"finish_reason":null}]})" + "\n\n");
  out.clear();
  writer.token(out, 0, " \"blue\"\n", nullptr, nullptr);
  EXPECT_EQ(out, kChatHead + R"("choices":[{"index":0,"delta":{"content":" \"blue\"\n"},)" +
                     R"("logprobs":null,"finish_reason":null}]})" + "\n\n");
  out.clear();
  writer.token(out, 0, " end", &length, &kUsage);
  EXPECT_EQ(out, kChatHead + R"("choices":[{"index":0,"delta":{"content":" end"},)" +
                     R"("logprobs":null,"finish_reason":"length","stop_reason":null}],"usage":)" +
                     kUsageText + "}\n\n");
  out.clear();
  writer.usage(out, kUsage);
  writer.done(out);
  EXPECT_EQ(out, kChatHead + R"("choices":[],"usage":)" + kUsageText + "}\n\ndata: [DONE]\n\n");
}

TEST(StreamWriter, WritesCompletionChunks) {
  const StreamWriter writer(kText);
  const std::optional<std::string> reason = "###";
  const StreamWriter::Ending stop{FinishReason::kStop, &reason};
  std::string out;
  writer.token(out, 0, "a", nullptr, nullptr);
  writer.token(out, 2, "", &stop, nullptr);
  const std::string head =
      R"(data: {"id":"cmpl-1","object":"text_completion","created":12,"model":"m",)";
  EXPECT_EQ(out, head + R"("choices":[{"index":0,"text":"a","logprobs":null,)" +
                     R"("finish_reason":null,"stop_reason":null}]})" + "\n\n" + head +
                     R"("choices":[{"index":2,"text":"","logprobs":null,)" +
                     R"("finish_reason":"stop","stop_reason":"###"}]})" + "\n\n");
}

TEST(Answer, WholeChatAndCompletion) {
  EXPECT_EQ(
      generation_answer(kChat, {{.index = 0, .text = "hi", .finish = FinishReason::kStop}}, kUsage),
      R"({"id":"chatcmpl-1","object":"chat.completion","created":12,"model":"m\"x",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":"hi",)"
      R"("refusal":null,"tool_calls":[]},"logprobs":null,"finish_reason":"stop",)"
      R"("stop_reason":null}],"service_tier":null,"system_fingerprint":null,"usage":)" +
          kUsageText + "}");
  const std::string two = generation_answer(
      kText,
      {{.index = 0, .text = "a", .finish = FinishReason::kLength}, {.index = 1, .text = "b"}},
      kUsage);
  EXPECT_NE(
      two.find(R"("choices":[{"index":0,"text":"a","logprobs":null,"finish_reason":"length")"),
      std::string::npos);
  EXPECT_NE(two.find(R"(},{"index":1,"text":"b")"), std::string::npos);
}

TEST(Answer, Errors) {
  EXPECT_EQ(unknown_model("x\"y").body(),
            R"({"error":{"message":"The model `x\"y` does not exist.","type":"NotFoundError",)"
            R"("param":"model","code":404}})");
  EXPECT_EQ(bad_request("no").body(),
            R"({"error":{"message":"no","type":"BadRequestError","param":null,"code":400}})");
  EXPECT_EQ(status_error(429, "slow").type, "RateLimitError");
  EXPECT_EQ(status_error(502, "x").type, "InternalServerError");
}

TEST(Answer, Models) {
  const ModelCard card{.names = {"a", "b"}, .root = "r", .created = 3, .max_model_len = 9};
  const std::string a =
      R"({"id":"a","object":"model","created":3,"owned_by":"vllm","root":"r","parent":null,)"
      R"("max_model_len":9,"permission":[]})";
  EXPECT_EQ(model_answer(card, "a"), a);
  EXPECT_TRUE(model_list_answer(card).starts_with(R"({"object":"list","data":[)" + a + ","));
}

TEST(Answer, Tokens) {
  EXPECT_EQ(tokenize_answer({1, 2}, false, 9),
            R"({"count":2,"max_model_len":9,"tokens":[1,2],"token_strs":null})");
  EXPECT_NE(tokenize_answer(tokenize("a b"), true, 9).find(R"("token_strs":["a"," b"])"),
            std::string::npos);
  EXPECT_EQ(detokenize_answer(tokenize("a \"b\"")), R"({"prompt":"a \"b\""})");
}

double similarity(std::string_view a, std::string_view b) {
  const auto x = embed(tokenize(a), 384);
  const auto y = embed(tokenize(b), 384);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  }
  return sum;
}

TEST(Embedding, SharedWordsMeanNearness) {
  EXPECT_NEAR(similarity("the sky is blue", "the sky is blue"), 1, 1e-5);
  EXPECT_GT(similarity("the sky is blue", "the sky was blue"), 0.6);
  EXPECT_LT(similarity("the sky is blue", "quarterly revenue report"), 0.3);
}

TEST(Embedding, Base64IsLittleEndianFloats) {
  EXPECT_EQ(base64_of(std::vector<float>{1.0F, -2.0F}), "AACAPwAAAMA=");
  const std::string answer =
      embedding_answer(kText, {.vectors = {{0.5F}, {0.25F}}, .prompt_tokens = 4, .base64 = false});
  EXPECT_NE(answer.find(R"("data":[{"index":0,"object":"embedding","embedding":[0.5]},)"
                        R"({"index":1,"object":"embedding","embedding":[0.25]}])"),
            std::string::npos)
      << answer;
}

TEST(Fault, HeaderForms) {
  EXPECT_EQ(parse_fault("status=503")->status, 503);
  const auto throttled = parse_fault("status=429; retry-after=7");
  EXPECT_EQ(throttled->status, 429);
  EXPECT_EQ(throttled->retry_after, std::chrono::seconds(7));
  EXPECT_TRUE(parse_fault("hang")->hang);
  EXPECT_EQ(parse_fault("abort-after=5, delay=300ms")->abort_after, 5U);
  EXPECT_EQ(parse_fault("abort-after=5,delay=300ms")->delay, std::chrono::milliseconds(300));
  EXPECT_EQ(parse_fault("")->status, 0);
  for (const std::string_view wrong :
       {"status", "status=200", "status=x", "hang=1", "abort-after=0", "delay=fast", "boom"}) {
    EXPECT_FALSE(parse_fault(wrong).has_value()) << wrong;
  }
}

std::uint64_t resident_pages() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  statm >> all >> resident;
  return resident;
}

TEST(Fault, TakenMemoryIsReallyUsed) {
  constexpr std::uint64_t kBytes = 64ULL << 20U;
  const std::uint64_t before = resident_pages();
  const auto taken = take_memory(kBytes);
  ASSERT_TRUE(taken);
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  EXPECT_GE((resident_pages() - before) * page, kBytes * 9 / 10);
  EXPECT_EQ(take_memory(~0ULL).error().code(), Code::kTooLarge);
}

TEST(Fault, DrawsNearThePercentagesAndTheSameForTheSameSeed) {
  FaultOptions options;
  options.error_percent = 10;
  options.throttle_percent = 20;
  options.hang_percent = 50;
  Random one(3);
  Random again(3);
  int errors = 0;
  int throttles = 0;
  int hangs = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Fault fault = draw_fault(options, one);
    EXPECT_EQ(draw_fault(options, again).status, fault.status);
    errors += fault.status == 500 ? 1 : 0;
    throttles += fault.status == 429 ? 1 : 0;
    hangs += fault.hang ? 1 : 0;
  }
  EXPECT_NEAR(errors, 1'000, 120);
  EXPECT_NEAR(throttles, 1'800, 160);
  EXPECT_NEAR(hangs, 3'600, 200);
}

}  // namespace
}  // namespace penstock::engine
