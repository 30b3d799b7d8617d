#include "engine/tokenizer.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/story.h"

namespace penstock::engine {
namespace {

std::string text_of(const std::vector<TokenId>& tokens) {
  std::string out;
  for (const TokenId token : tokens) {
    append_text(out, token);
  }
  return out;
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> out;
  for (const TokenId token : tokenize(text)) {
    append_text(out.emplace_back(), token);
  }
  return out;
}

using Pieces = std::vector<std::string>;

TEST(Tokenizer, CutsAtWordsAndClasses) {
  const std::vector<std::pair<std::string, Pieces>> rows = {
      {"", {}},
      {"Why is it blue?", {"Why", " is", " it", " blue", "?"}},
      {"beautiful", {"beauti", "ful"}},
      {" beautiful", {" beauti", "ful"}},
      {"I am", {"I", " am"}},
      {"HTTPServer", {"HTT", "P", "Server"}},
      {"12345", {"123", "45"}},
      {" 12345", {" 12", "345"}},
      {"a  b", {"a", " ", " b"}},
      {"a\n\nb", {"a", "\n\n", "b"}},
      {"a \n b", {"a", " ", "\n", " b"}},
      {"x   ", {"x", "   "}},
      {"a, b", {"a", ",", " b"}},
      {"-----", {"---", "--"}},
      {"\xc3\xbcn", {"\xc3\xbc", "n"}},
      {" \xe6\x97\xa5\xe6\x9c\xac", {" ", "\xe6\x97\xa5", "\xe6\x9c\xac"}},
  };
  for (const auto& [text, expected] : rows) {
    EXPECT_EQ(pieces(text), expected) << text;
  }
}

TEST(Tokenizer, AnyBytesSurviveTheWayThereAndBack) {
  Random random(7);
  constexpr std::string_view kMean = " \n\tabzABZ019.,-{}\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80";
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    const std::uint64_t length = random.below(60);
    for (std::uint64_t i = 0; i < length; ++i) {
      text += round % 2 == 0 ? static_cast<char>(random.below(256))
                             : kMean[static_cast<std::size_t>(random.below(kMean.size()))];
    }
    const auto tokens = tokenize(text);
    ASSERT_EQ(text_of(tokens), text);
    for (const TokenId token : tokens) {
      ASSERT_LT(token, kMessageStart);
    }
  }
}

TEST(Tokenizer, EnglishIsAboutFourBytesAToken) {
  const std::string text =
      "Penstock turns a Kubernetes cluster into an application platform for AI workloads. A "
      "platform "
      "team installs one Helm chart and applies a few YAML files; product teams then get models "
      "behind one gateway, with identity, exact token quotas, chargeback to the cent and "
      "autoscaling "
      "driven by tokens.";
  const double bytes =
      static_cast<double>(text.size()) / static_cast<double>(tokenize(text).size());
  EXPECT_GT(bytes, 3.4);
  EXPECT_LT(bytes, 4.6);
}

TEST(Tokenizer, NoIdCrashesTheWayBack) {
  std::string out;
  for (const TokenId token :
       {0U, 1U, 2U, 3U, 4U, 107U, 0x5fffffffU, kMessageStart, kEndOfText, kMedia, ~0U}) {
    append_text(out, token);
  }
  append_text(out, tokenize(" fine").front());
  EXPECT_TRUE(out.ends_with(" fine"));
}

TEST(Story, IsItsOwnTokenization) {
  for (const bool fresh : {true, false}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Story story(seed, fresh);
      std::vector<TokenId> told;
      for (int i = 0; i < 300; ++i) {
        told.push_back(story.next());
      }
      ASSERT_EQ(tokenize(text_of(told)), told) << seed;
    }
  }
}

TEST(Story, DependsOnItsSeedAlone) {
  const auto tell = [](std::uint64_t seed) {
    Story story(seed);
    std::string out;
    for (int i = 0; i < 40; ++i) {
      append_text(out, story.next());
    }
    return out;
  };
  EXPECT_EQ(tell(1), tell(1));
  EXPECT_NE(tell(1), tell(2));
  EXPECT_TRUE(tell(1)[0] >= 'A' && tell(1)[0] <= 'Z') << tell(1);
}

}  // namespace
}  // namespace penstock::engine
