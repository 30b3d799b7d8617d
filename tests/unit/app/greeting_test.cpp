#include "app/standalone/greeting.h"

#include <gtest/gtest.h>

namespace penstock::app::standalone {
namespace {

TEST(Greeting, UrlIsOneThatAClientHereCanUse) {
  EXPECT_EQ(client_url("0.0.0.0", 8080, false), "http://127.0.0.1:8080");
  EXPECT_EQ(client_url("::", 8443, true), "https://[::1]:8443");
  EXPECT_EQ(client_url("::1", 80, false), "http://[::1]:80");
  EXPECT_EQ(client_url("10.0.0.1", 80, false), "http://10.0.0.1:80");
}

TEST(Greeting, CommandIsReadyToPaste) {
  const std::string text = greeting({"http://127.0.0.1:8080", Secret("psk-1"), {"llama"}, {}});
  EXPECT_NE(text.find("curl http://127.0.0.1:8080/v1/chat/completions"), std::string::npos);
  EXPECT_NE(text.find("-H 'Authorization: Bearer psk-1'"), std::string::npos);
  EXPECT_NE(text.find("-d '{\"model\": \"llama\", \"stream\": true,"), std::string::npos);
}

TEST(Greeting, QuotesSurviveTheShell) {
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_NE(greeting({"http://h", Secret("k"), {"o'model"}, {}}).find("o'\\''model"),
            std::string::npos);
}

TEST(Greeting, EmbeddingsWhenThereIsNoChat) {
  EXPECT_NE(greeting({"http://h", Secret("k"), {}, {"embed"}}).find("/v1/embeddings"),
            std::string::npos);
}

TEST(Greeting, SaysWhenNobodyCanCall) {
  EXPECT_NE(greeting({"http://h", Secret(), {"m"}, {}}).find("No consumer has an API key"),
            std::string::npos);
}

TEST(Greeting, SaysWhenNothingCanAnswer) {
  EXPECT_NE(greeting({"http://h", Secret("k"), {}, {}}).find("No model runs yet"),
            std::string::npos);
}

}  // namespace
}  // namespace penstock::app::standalone
