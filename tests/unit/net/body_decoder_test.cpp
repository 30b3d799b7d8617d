#include "net/body_decoder.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

struct Decoded {
  std::string body;
  std::string rest;
  bool done = false;
  bool failed = false;
};

/// Feeds pieces that end at the given positions; what the decoder does not use is offered again.
Decoded decode(BodyDecoder decoder, const std::string& wire, std::size_t first,
               std::size_t second) {
  Decoded out;
  std::string pending;
  std::size_t from = 0;
  for (const std::size_t to : {first, second, wire.size()}) {
    pending += wire.substr(from, to - from);
    from = to;
    const auto step = decoder.decode({pending.data(), pending.size()});
    out.body += pending.substr(0, step.body);
    pending.erase(0, step.used);
  }
  out.rest = pending;
  out.done = decoder.done();
  out.failed = decoder.failed();
  return out;
}

TEST(BodyDecoderTest, DecodesChunksSplitAnywhere) {
  const std::string wire =
      "5\r\nhello\r\n1;ext=\"a b\"\r\n \r\nA \r\n0123456789\r\n00\r\nTrailer: x\r\nOther: "
      "y\r\n\r\nNEXT";
  for (std::size_t i = 0; i <= wire.size(); ++i) {
    for (std::size_t j = i; j <= wire.size(); ++j) {
      const Decoded got = decode(BodyDecoder(Framing::kChunked, 0), wire, i, j);
      ASSERT_EQ(got.body, "hello 0123456789") << i << " " << j;
      ASSERT_EQ(got.rest, "NEXT") << i << " " << j;
      ASSERT_TRUE(got.done);
    }
  }
}

TEST(BodyDecoderTest, RefusesBrokenChunks) {
  const std::vector<std::string> broken = {"x\r\n",
                                           "\r\n",
                                           " 5\r\nhello\r\n",
                                           "+5\r\nhello\r\n",
                                           "5\nhello\r\n",
                                           "5\r\nhello0",
                                           "5\r\nhello\n",
                                           "5\r\rhello",
                                           "5;a\nhello\r\n",
                                           "10000000000000000\r\n",
                                           "5;\x01\r\n",
                                           "0\r\n\n",
                                           "0\r\nA\x01: b\r\n\r\n",
                                           "0\r\nA: b\n\r\n"};
  for (const std::string& wire : broken) {
    for (std::size_t i = 0; i <= wire.size(); ++i) {
      EXPECT_TRUE(decode(BodyDecoder(Framing::kChunked, 0), wire, i, i).failed)
          << wire << " at " << i;
    }
  }
}

TEST(BodyDecoderTest, BoundsExtensionsAndTrailers) {
  const std::string extension = "5;" + std::string(BodyDecoder::kMaxLine + 1, 'e');
  EXPECT_TRUE(decode(BodyDecoder(Framing::kChunked, 0), extension, 1, 2).failed);
  std::string trailers = "0\r\n";
  while (trailers.size() < BodyDecoder::kMaxLine + 10) {
    trailers += "T: x\r\n";
  }
  EXPECT_TRUE(decode(BodyDecoder(Framing::kChunked, 0), trailers, 1, 2).failed);
}

TEST(BodyDecoderTest, StopsAtItsLength) {
  const std::string wire = "helloNEXT";
  for (std::size_t i = 0; i <= wire.size(); ++i) {
    const Decoded got = decode(BodyDecoder(Framing::kLength, 5), wire, i, i);
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.rest, "NEXT");
    EXPECT_TRUE(got.done);
  }
}

TEST(BodyDecoderTest, UntilCloseTakesAll) {
  BodyDecoder decoder(Framing::kUntilClose, 0);
  std::string wire = "anything";
  EXPECT_EQ(decoder.decode({wire.data(), wire.size()}).body, wire.size());
  EXPECT_FALSE(decoder.done());
  EXPECT_TRUE(decoder.ends_at_close());
  EXPECT_FALSE(BodyDecoder(Framing::kLength, 5).ends_at_close());
  EXPECT_FALSE(BodyDecoder(Framing::kChunked, 0).ends_at_close());
}

TEST(BodyDecoderTest, ASingleChunkIsMovedOnlyOverItsSizeLine) {
  BodyDecoder decoder(Framing::kChunked, 0);
  std::string wire = "5\r\nhello\r\n";
  const auto step = decoder.decode({wire.data(), wire.size()});
  EXPECT_EQ(step.body, 5U);
  EXPECT_EQ(step.used, wire.size());
  EXPECT_EQ(wire.substr(0, 5), "hello");
}

}  // namespace
}  // namespace penstock::net
