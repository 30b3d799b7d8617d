#include "base/base64.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Base64, KnowsTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xFF\xFE\x00", "//4="}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text).value(), bytes);
  }
}

TEST(Base64, SkipsLineBreaksAndRefusesTheRest) {
  EXPECT_EQ(base64_decode("Zm9v\nYmFy\n").value(), "foobar");
  for (const char* bad : {"Zg", "Zg=", "Z===", "Zm9v=", "Zm*v", "Zg==Zg==", "====", "Z"}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace penstock
