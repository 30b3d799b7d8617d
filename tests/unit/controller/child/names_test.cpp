#include "controller/child/names.h"

#include <gtest/gtest.h>

namespace penstock::controller::child {
namespace {

TEST(ChildName, IsOwnerAndSuffixWhenThatIsALabel) {
  EXPECT_EQ(child_name("llama-a", "engine"), "llama-a-engine");
}

TEST(ChildName, ReplacesWhatDnsLabelsForbidAndStaysUnique) {
  const std::string dotted = child_name("llama.3", "engine");
  EXPECT_TRUE(dotted.starts_with("llama-3-"));
  EXPECT_NE(dotted, child_name("llama-3", "engine"));
  EXPECT_TRUE(child_name("4o", "engine").starts_with("m4o-"));
}

TEST(ChildName, CutsLongNamesToUniqueOnesThatLeaveRoomForPods) {
  const std::string a = child_name(std::string(200, 'x') + "a", "engine");
  const std::string b = child_name(std::string(200, 'x') + "b", "engine");
  EXPECT_LE(a.size(), kLongestChildName);
  EXPECT_NE(a, b);
  EXPECT_TRUE(a.ends_with("-engine"));
}

TEST(LabelValue, KeepsWhatFitsAndHashesTheRest) {
  EXPECT_EQ(label_value("llama.3-1"), "llama.3-1");
  const std::string a = label_value(std::string(100, 'x') + "a");
  EXPECT_LE(a.size(), 63U);
  EXPECT_NE(a, label_value(std::string(100, 'x') + "b"));
}

}  // namespace
}  // namespace penstock::controller::child
