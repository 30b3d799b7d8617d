#include "base/log.h"

#include <gtest/gtest.h>

namespace penstock::log {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(LogTest, EscapesWhatJsonMustEscape) {
  EXPECT_EQ(quoted("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(quoted("grüße 🙂"), "\"grüße 🙂\"");
}

TEST(LogTest, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(quoted("a\xff"
                   "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(quoted("\xe2\x82"), R"("\ufffd\ufffd")");
  EXPECT_EQ(quoted("\xc0\x80"), R"("\ufffd\ufffd")");
}

TEST(LogTest, ALineIsOneJsonObjectOnStandardError) {
  testing::internal::CaptureStderr();
  info("starting engine", {{"port", 8080}, {"model", "a\"b"}, {"ready", false}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      line.find(
          R"("level":"info","message":"starting engine","port":8080,"model":"a\"b","ready":false})"),
      std::string::npos)
      << line;
}

}  // namespace
}  // namespace penstock::log
