#include "net/sse.h"

#include <vector>

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

struct Got {
  std::string raw;
  std::vector<std::string> data;
};

void drain(SseFramer& framer, Got& got) {
  while (const auto event = framer.next()) {
    got.raw += event->raw;
    if (event->has_data) {
      got.data.push_back((event->type.empty() ? "" : std::string(event->type) + "!") +
                         std::string(event->data));
    }
  }
}

Got frame(const std::vector<std::string>& pieces) {
  SseFramer framer(1 << 20);
  Got got;
  for (const std::string& piece : pieces) {
    framer.feed(piece);
    drain(framer, got);
  }
  if (const auto rest = framer.finish()) {
    got.raw += rest->raw;
    if (rest->has_data) {
      got.data.push_back((rest->type.empty() ? "" : std::string(rest->type) + "!") +
                         std::string(rest->data));
    }
  }
  return got;
}

struct Row {
  const char* name;
  std::string stream;
  std::vector<std::string> data;
};

const std::vector<Row> kTable = {
    {"plain", "data: one\n\ndata: two\n\n", {"one", "two"}},
    {"CRLF", "data: one\r\n\r\ndata: two\r\n\r\n", {"one", "two"}},
    {"CR", "data: one\r\rdata: two\r\r", {"one", "two"}},
    {"mixed line ends", "data: one\r\n\ndata: two\n\r\n", {"one", "two"}},
    {"no space", "data:one\n\ndata:  two\n\n", {"one", " two"}},
    {"several lines", "data: a\ndata: b\ndata:\n\n", {"a\nb\n"}},
    {"several lines CRLF", "data: a\r\ndata: b\r\n\r\n", {"a\nb"}},
    {"comment", ": ping\n\ndata: x\n\n:\n\n", {"x"}},
    {"comment inside", "data: a\n: c\ndata: b\n\n", {"a\nb"}},
    {"type and id", "event: error\nid: 7\nretry: 10\ndata: x\n\n", {"error!x"}},
    {"no colon", "data\n\n", {""}},
    {"other field", "foo: bar\n\ndata: x\n\n", {"x"}},
    {"blank lines", "\n\n\ndata: x\n\n\n\n", {"x"}},
    {"byte order mark",
     "\xEF\xBB\xBF"
     "data: x\n\n",
     {"x"}},
    {"no final blank line", "data: x\n\ndata: y", {"x", "y"}},
    {"no final blank line, LF", "data: x\n\ndata: y\n", {"x", "y"}},
    {"emoji", "data: \xF0\x9F\x98\x80\n\n", {"\xF0\x9F\x98\x80"}},
    {"data with CR-free JSON", "data: {\"a\":\"\\r\\n\\n\"}\n\n", {"{\"a\":\"\\r\\n\\n\"}"}},
    {"colon in value", "data: a:b: c\n\n", {"a:b: c"}},
};

TEST(SseTest, FollowsTheStandard) {
  for (const Row& row : kTable) {
    const Got got = frame({row.stream});
    EXPECT_EQ(got.data, row.data) << row.name;
    EXPECT_EQ(got.raw, row.stream) << row.name;
  }
}

TEST(SseTest, GivesTheSameForEverySplit) {
  for (const Row& row : kTable) {
    for (std::size_t i = 0; i <= row.stream.size(); ++i) {
      for (std::size_t j = i; j <= row.stream.size(); ++j) {
        const Got got =
            frame({row.stream.substr(0, i), row.stream.substr(i, j - i), row.stream.substr(j)});
        ASSERT_EQ(got.data, row.data) << row.name << " at " << i << " and " << j;
        ASSERT_EQ(got.raw, row.stream) << row.name << " at " << i << " and " << j;
      }
    }
    std::vector<std::string> bytes;
    for (const char c : row.stream) {
      bytes.emplace_back(1, c);
    }
    EXPECT_EQ(frame(bytes).data, row.data) << row.name;
  }
}

TEST(SseTest, DoesNotCopyAnEventThatLiesInOnePiece) {
  SseFramer framer(100);
  const std::string piece = "data: one\n\ndata: two\n\nda";
  framer.feed(piece);
  for (int i = 0; i < 2; ++i) {
    const auto event = framer.next();
    ASSERT_TRUE(event.has_value());
    EXPECT_GE(event->raw.data(), piece.data());
    EXPECT_LT(event->data.data(), piece.data() + piece.size());
  }
  EXPECT_FALSE(framer.next().has_value());
}

TEST(SseTest, HandsAnEventOutWithoutWaitingForMore) {
  for (const std::string end : {"\n\n", "\r\n\r\n", "\r\r"}) {
    SseFramer framer(100);
    const std::string piece = "data: x" + end;
    framer.feed(piece);
    const auto event = framer.next();
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->data, "x");
  }
}

TEST(SseTest, BoundsTheSizeOfAnEvent) {
  for (const std::size_t piece_size : {1U, 7U, 1000U}) {
    SseFramer framer(64);
    const std::string stream = "data: ok\n\ndata: " + std::string(100, 'x') + "\n\ndata: ok\n\n";
    Got got;
    for (std::size_t at = 0; at < stream.size(); at += piece_size) {
      framer.feed(std::string_view(stream).substr(at, piece_size));
      drain(framer, got);
    }
    EXPECT_TRUE(framer.too_large());
    EXPECT_EQ(got.data, std::vector<std::string>{"ok"});
  }
}

}  // namespace
}  // namespace penstock::net
