#include "app/standalone/options.h"

#include <gtest/gtest.h>

namespace penstock::app::standalone {
namespace {

TEST(Listen, ReadsAddressesAndPorts) {
  EXPECT_EQ(parse_listen("--listen", "127.0.0.1:0").value(), (ListenAddress{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen("--listen", ":8080").value(), (ListenAddress{"0.0.0.0", 8080}));
  EXPECT_EQ(parse_listen("--listen", "[::1]:65535").value(), (ListenAddress{"::1", 65'535}));
  EXPECT_EQ(parse_listen("--listen", "localhost:80").value(), (ListenAddress{"127.0.0.1", 80}));
}

TEST(Listen, NamesWhatIsWrong) {
  for (const char* text :
       {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:80", ":-1"}) {
    const auto result = parse_listen("--listen", text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_NE(result.error().message().find("127.0.0.1:8080"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace penstock::app::standalone
