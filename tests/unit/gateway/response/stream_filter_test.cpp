#include "gateway/response/stream_filter.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace penstock::gateway {
namespace {

constexpr const char* kRole =
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"usage\":"
    "null}\n\n";
constexpr const char* kToken =
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"h\xf0\x9f\x98\x80\\\"\"}}],\"usage\":null}"
    "\n\n";
constexpr const char* kFinish =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n";
constexpr const char* kUsage =
    "data: "
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,\"completion_tokens_"
    "details\":{\"reasoning_tokens\":1}}}\n\n";
constexpr const char* kFilters =
    "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n";
constexpr const char* kDone = "data: [DONE]\n\n";
constexpr const char* kPing = ": ping\n\n";

std::string all(const std::vector<const char*>& events) {
  std::string out;
  for (const char* event : events) {
    out += event;
  }
  return out;
}

/// Feeds `text` cut at the given sizes (the last one repeated); gives what came out, the end
/// included.
std::string run(StreamFilter& filter, std::string_view text, const std::vector<std::size_t>& cuts) {
  std::string out;
  const auto take = [&out](const StreamFilter::Out& piece) {
    for (const std::string_view part : piece.all()) {
      out += part;
    }
  };
  std::size_t cut = 0;
  int stuck = 0;
  while (!text.empty()) {
    std::string read(
        text.substr(0, cuts[cut]));  // a copy of its own, so that stale views show under ASan
    text.remove_prefix(read.size());
    for (std::string_view rest = read; !rest.empty();) {
      const StreamFilter::Out piece = filter.feed(rest);
      take(piece);
      stuck = piece.used == 0 ? stuck + 1 : 0;
      EXPECT_LE(stuck, 1);  // once, when the read before had ended an event after all
      rest.remove_prefix(piece.used);
    }
    cut = std::min(cut + 1, cuts.size() - 1);
  }
  take(filter.finish());
  return out;
}

class Hiding : public ::testing::Test {
 protected:
  const std::string input_ = all({kPing, kFilters, kRole, kToken, kToken, kFinish, kUsage, kDone});
  const std::string shown_ = all({kPing, kFilters, kRole, kToken, kToken, kFinish, kDone});

  void expect(const std::vector<std::size_t>& cuts) {
    filter_.start(true, 1);
    ASSERT_EQ(run(filter_, input_, cuts), shown_) << ::testing::PrintToString(cuts);
    ASSERT_TRUE(filter_.usage());
    ASSERT_EQ(filter_.usage()->input, 11);
    ASSERT_EQ(filter_.usage()->output, 2);
    ASSERT_EQ(filter_.usage()->reasoning, 1);
    ASSERT_EQ(filter_.tokens_seen(), 2U);
    ASSERT_EQ(filter_.end(), StreamFilter::End::kDone);
    ASSERT_EQ(filter_.events(), 8U);
  }
  StreamFilter filter_;
};

TEST_F(Hiding, CutAtEveryByte) {
  for (std::size_t at = 1; at < input_.size(); ++at) {
    expect({at, input_.size()});
  }
}

TEST_F(Hiding, CutAtEveryPairOfBytes) {
  for (std::size_t first = 1; first < input_.size(); first += 3) {
    for (std::size_t second = 1; second < input_.size() - first; second += 5) {
      expect({first, second, input_.size()});
    }
  }
}

TEST_F(Hiding, EveryReadSize) {
  for (std::size_t size = 1; size <= input_.size(); ++size) {
    expect({size});
  }
}

TEST_F(Hiding, RandomCuts) {
  Random random(5);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::size_t> cuts;
    for (int i = 0; i < 40; ++i) {
      cuts.push_back(1 + random.below(1 + random.below(60)));
    }
    expect(cuts);
  }
}

TEST(StreamFilter, ManyHiddenEventsInOneRead) {
  StreamFilter filter;
  filter.start(true, 1);
  std::string input;
  std::string want;
  for (int i = 0; i < 20; ++i) {
    input += std::string(kToken) + kUsage + kUsage;
    want += kToken;
  }
  EXPECT_EQ(run(filter, input, {input.size()}), want);
  filter.start(true, 1);
  EXPECT_EQ(run(filter, input, {100, 7, 900}), want);
}

TEST(StreamFilter, ShownWhenTheClientAsked) {
  StreamFilter filter;
  filter.start(false, 1);
  const std::string input = all({kToken, kFinish, kUsage, kDone});
  EXPECT_EQ(run(filter, input, {50}), input);
  EXPECT_EQ(filter.usage()->input, 11);
}

TEST(StreamFilter, NothingOfAnIncompleteEventComesOut) {
  StreamFilter filter;
  filter.start(true, 1);
  const std::string input = std::string(kToken) + "data: {\"choices\":[{\"del";
  std::string out;
  for (std::string_view rest = input; !rest.empty();) {
    const auto piece = filter.feed(rest);
    for (const auto part : piece.all()) {
      out += part;
    }
    rest.remove_prefix(piece.used);
  }
  EXPECT_EQ(out, kToken);
}

TEST(StreamFilter, EndsOfStreams) {
  struct Row {
    std::vector<const char*> events;
    std::uint32_t choices;
    StreamFilter::End want;
  };
  const char* finish_other =
      "data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
  const char* error = "data: {\"error\":{\"message\":\"x\"}}\n\n";
  const char* filter_error =
      "data: {\"choices\":[{\"content_filter_results\":{\"error\":{\"code\":\"x\"}}}]}\n\n";
  const char* says_done = "data: {\"choices\":[{\"delta\":{\"content\":\"[DONE]\"}}]}\n\n";
  const Row rows[] = {
      {{kToken, kFinish, kDone}, 1, StreamFilter::End::kDone},
      {{kToken, kFinish, kUsage}, 1, StreamFilter::End::kFinished},
      {{kToken}, 1, StreamFilter::End::kTruncated},
      {{}, 1, StreamFilter::End::kTruncated},
      {{kToken, kFinish}, 2, StreamFilter::End::kTruncated},
      {{kToken, kFinish, finish_other}, 2, StreamFilter::End::kFinished},
      {{kToken, error}, 1, StreamFilter::End::kError},
      {{kToken, filter_error}, 1, StreamFilter::End::kTruncated},
      {{says_done}, 1, StreamFilter::End::kTruncated},
      {{"data:[DONE]\r\r"}, 1, StreamFilter::End::kDone},
      {{"event: end\ndata: [DONE]\n\n"}, 1, StreamFilter::End::kDone},
  };
  for (const Row& row : rows) {
    StreamFilter filter;
    filter.start(true, row.choices);
    const std::string text = all(row.events);
    (void)run(filter, text, {5});
    EXPECT_EQ(filter.end(), row.want) << text;
  }
}

TEST(StreamFilter, EventTooLongToHoldPassesInParts) {
  StreamFilter filter;
  filter.start(true, 1);
  const std::string longest = "data: {\"choices\":[{\"delta\":{\"content\":\"" +
                              std::string(StreamFilter::kMostHeld + 5'000, 'x') + "\"}}]}\n\n";
  const std::string input = longest + kUsage + kToken + longest + kDone;
  EXPECT_EQ(run(filter, input, {4'096}), longest + kToken + longest + kDone);
}

TEST(StreamFilter, BlankLinesAndLineEndsOfAllKinds) {
  const std::string input = "\n\n\ndata: a\n\n\n\ndata: b\r\rdata: c\r\n\r\n\r\ndata: d\n\r\n";
  for (std::size_t size = 1; size <= input.size(); ++size) {
    StreamFilter filter;
    filter.start(true, 1);
    EXPECT_TRUE(run(filter, input, {size}).starts_with(input)) << size;
    EXPECT_EQ(filter.events(), 4U) << size;
  }
}

}  // namespace
}  // namespace penstock::gateway
