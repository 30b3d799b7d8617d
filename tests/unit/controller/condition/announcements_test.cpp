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

std::vector<std::string> reasons(const std::vector<Announcement>& news) {
  std::vector<std::string> out;
  for (const auto& item : news) {
    out.push_back(item.reason);
  }
  return out;
}

TEST(Announcements, ReadySumsUp) {
  using Reasons = std::vector<std::string>;
  const auto accepted = make("Accepted", "True", "Accepted");
  const auto refused = make("Accepted", "False", "NotSupported");
  const auto ready = make("Ready", "True", "Ready");
  const auto starting = make("Ready", "False", "Starting");
  EXPECT_EQ(reasons(announcements({}, {accepted, ready}, kVoice)), Reasons{"Ready"});
  EXPECT_EQ(reasons(announcements({}, {accepted, starting}, kVoice)), Reasons{"Starting"});
  EXPECT_EQ(reasons(announcements({refused, starting}, {accepted, ready}, kVoice)),
            Reasons{"Ready"});
  EXPECT_EQ(reasons(announcements({refused, starting}, {accepted, starting}, kVoice)),
            Reasons{"Accepted"});
  EXPECT_EQ(reasons(announcements({make("Accepted", "True", "PartlyApplied"), ready},
                                  {accepted, ready}, kVoice)),
            Reasons{"Accepted"});
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
