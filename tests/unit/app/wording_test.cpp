#include "app/standalone/wording.h"

#include <gtest/gtest.h>

namespace penstock::app::standalone {
namespace {

using supervise::NoticeKind;

TEST(Wording, ADeathIsAComplaintWithItsRemedy) {
  supervise::ChildView view;
  view.id = "default/a-0";
  view.log_file = "/nowhere/a.log";
  const EngineLine line = engine_line(
      view, {NoticeKind::kExited, "exited with code 3", std::chrono::milliseconds(200)}, false);
  EXPECT_TRUE(line.is_complaint);
  EXPECT_EQ(
      line.text,
      "Engine default/a-0 exited with code 3; it starts again in 200ms (log: /nowhere/a.log)");
}

TEST(Wording, ReadyIsNewsAndAnExpectedStopIsNot) {
  supervise::ChildView view;
  view.id = "d/a-0";
  EXPECT_EQ(
      engine_line(view, {NoticeKind::kReady, "", std::chrono::milliseconds(1500)}, false).text,
      "Engine d/a-0 is ready after 1.5s");
  EXPECT_EQ(
      engine_line(view, {NoticeKind::kReady, "", std::chrono::milliseconds(65'432)}, false).text,
      "Engine d/a-0 is ready after 1m5s");
  EXPECT_FALSE(engine_line(view, {NoticeKind::kReady, "", {}}, false).is_complaint);
  EXPECT_TRUE(engine_line(view, {NoticeKind::kStopped, "", {}}, true).text.empty());
  EXPECT_FALSE(engine_line(view, {NoticeKind::kStopped, "", {}}, false).text.empty());
}

TEST(Wording, ChangesAreListed) {
  config::Changes changes;
  EXPECT_EQ(changes_line(changes), "");
  changes.changed = {{"ModelRoute", "default", "r"}};
  changes.removed = {{"Consumer", "default", "a"}, {"Consumer", "default", "b"}};
  EXPECT_EQ(
      changes_line(changes),
      "Reloaded: changed ModelRoute default/r; removed Consumer default/a, Consumer default/b");
}

}  // namespace
}  // namespace penstock::app::standalone
