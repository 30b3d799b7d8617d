#include "gateway/snapshot/frame.h"

#include <gtest/gtest.h>

namespace penstock::gateway::snapshot {
namespace {

struct Reading {
  std::vector<Frame> frames;
  FrameReader reader;

  Result<> feed(std::string_view piece) {
    return reader.feed(piece, [this](Frame frame) { frames.push_back(std::move(frame)); });
  }
};

TEST(Frame, HeaderIsLengthAndVersionBigEndian) {
  const auto frame = write_frame(0x0102030405060708U, "abc").value();
  EXPECT_EQ(frame, std::string("\0\0\0\3\1\2\3\4\5\6\7\10abc", 15));
}

TEST(Frame, SplitAtEveryByte) {
  const std::string bytes("x\0y", 3);
  const std::string text = write_frame(7, bytes).value() + write_frame(8, "").value() +
                           write_frame(~0ULL, "second").value();
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      Reading reading;
      ASSERT_TRUE(reading.feed(std::string_view(text).substr(0, first)));
      ASSERT_TRUE(reading.feed(std::string_view(text).substr(first, second - first)));
      ASSERT_TRUE(reading.feed(std::string_view(text).substr(second)));
      ASSERT_EQ(reading.frames.size(), 3U) << first << " " << second;
      EXPECT_EQ(reading.frames[0].version, 7U);
      EXPECT_EQ(reading.frames[0].bytes, bytes);
      EXPECT_TRUE(reading.frames[1].is_heartbeat());
      EXPECT_EQ(reading.frames[1].version, 8U);
      EXPECT_EQ(reading.frames[2].version, ~0ULL);
      EXPECT_EQ(reading.frames[2].bytes, "second");
    }
  }
}

TEST(Frame, OneByteAtATime) {
  Reading reading;
  for (const char byte : write_frame(7, "abc").value() + write_frame(9, "").value()) {
    ASSERT_TRUE(reading.feed(std::string_view(&byte, 1)));
  }
  ASSERT_EQ(reading.frames.size(), 2U);
  EXPECT_EQ(reading.frames[0].bytes, "abc");
  EXPECT_EQ(reading.frames[1].version, 9U);
}

TEST(Frame, NothingIsToldBeforeTheLastByte) {
  Reading reading;
  const std::string text = write_frame(7, "abc").value();
  ASSERT_TRUE(reading.feed(std::string_view(text).substr(0, text.size() - 1)));
  EXPECT_TRUE(reading.frames.empty());
}

TEST(Frame, LimitHoldsOnBothSides) {
  Reading reading;
  ASSERT_TRUE(reading.feed(write_frame(1, std::string(kLongestFrame, 'x')).value()));
  EXPECT_EQ(reading.frames.size(), 1U);
  const auto written = write_frame(1, std::string(kLongestFrame + 1, 'x'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), Code::kTooLarge);
  const auto read = reading.feed(std::string("\0\x10\0\1\0\0\0\0\0\0\0\1", 12));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::kTooLarge);
}

}  // namespace
}  // namespace penstock::gateway::snapshot
