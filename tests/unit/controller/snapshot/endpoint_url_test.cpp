#include "controller/snapshot/endpoint_url.h"

#include <gtest/gtest.h>

namespace penstock::controller::snapshot {
namespace {

TEST(EndpointUrl, TakesApartWhatManifestsWrite) {
  const std::pair<const char*, EndpointUrl> rows[] = {
      {"https://contoso.openai.azure.com", {true, "contoso.openai.azure.com", 443, ""}},
      {"https://Contoso.OpenAI.azure.com/", {true, "contoso.openai.azure.com", 443, ""}},
      {"http://127.0.0.1:9000/v1/", {false, "127.0.0.1", 9000, "/v1"}},
      {"http://host/api/v1", {false, "host", 80, "/api/v1"}},
      {"https://[::1]:8443/x", {true, "::1", 8443, "/x"}},
      {"https://[::1]", {true, "::1", 443, ""}},
  };
  for (const auto& [text, expected] : rows) {
    const auto url = parse_endpoint_url(text);
    ASSERT_TRUE(url.has_value()) << text;
    EXPECT_EQ(*url, expected) << text;
  }
}

TEST(EndpointUrl, RefusesTheRestAndNamesIt) {
  for (const char* text :
       {"", "contoso.openai.azure.com", "ftp://host", "https://", "https:///v1", "https://host:0",
        "https://host:", "https://host:65536", "https://host:8x", "https://user:pass@host",
        "https://host/v1?x=1", "https://host#a", "https://ho st", "https://[::1",
        "https://[::1]8443", "https://a\"b"}) {
    const auto url = parse_endpoint_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().code(), Code::kInvalid);
    EXPECT_NE(url.error().message().find("https://contoso.openai.azure.com"), std::string::npos)
        << text;
  }
}

}  // namespace
}  // namespace penstock::controller::snapshot
