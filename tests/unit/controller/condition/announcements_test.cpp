#include "controller/condition/announcements.h"

#include <gtest/gtest.h>

namespace penstock::controller::condition {
namespace {

crd::Condition make(std::string type, std::string status, std::string reason) {
  crd::Condition condition;
  condition.type = std::move(type);
  condition.status = std::move(status);
  condition.reason = std::move(reason);
  condition.message = "because";
  return condition;
}

const Voice kVoice{.types = {"Accepted", "Ready"}, .calm = {"Starting"}, .silent = {"NotNeeded"}};

TEST(Announcements, TellAChangeOfReasonOnce) {
  const auto news = announcements(
      {make("Ready", "False", "Starting")},
      {make("Accepted", "False", "OOMKilled"), make("Ready", "False", "OOMKilled")}, kVoice);
  ASSERT_EQ(news.size(), 1U);
  EXPECT_TRUE(news.front().warning);
  EXPECT_EQ(news.front().reason, "OOMKilled");
}

TEST(Announcements, SayNothingWhenNothingChanged) {
  EXPECT_TRUE(
      announcements({make("Ready", "True", "Ready")}, {make("Ready", "True", "Ready")}, kVoice)
          .empty());
}

TEST(Announcements, CalmReasonsAreNoWarning) {
  const auto news = announcements({}, {make("Ready", "False", "Starting")}, kVoice);
  ASSERT_EQ(news.size(), 1U);
  EXPECT_FALSE(news.front().warning);
}

TEST(Announcements, LeaveOutWhatIsUnknownSilentOrNotTold) {
  EXPECT_TRUE(announcements({},
                            {make("Ready", "Unknown", "X"), make("Accepted", "True", "NotNeeded"),
                             make("Other", "False", "Y")},
                            kVoice)
                  .empty());
}

}  // namespace
}  // namespace penstock::controller::condition
