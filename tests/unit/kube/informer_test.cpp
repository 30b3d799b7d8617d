// List and watch under faults (client rules 1, 2, 5-10, 17-21).
#include "kube/informer.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/write_tracker.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::bookmark;
using test::config_map;
using test::event;
using test::list_of;
using test::query_of;
using testing::ElementsAre;

std::string describe(const Change& change) {
  struct Words {
    std::string operator()(const Added& c) const {
      return (c.initial ? "initial " : "added ") + name(c.object);
    }
    std::string operator()(const Updated& c) const {
      return "updated " + name(c.before) + " to " + name(c.after);
    }
    std::string operator()(const Deleted& c) const {
      return (c.certain ? "deleted " : "missing ") + name(c.last);
    }
    static std::string name(const Object& o) { return o.name() + "@" + o.resource_version(); }
  };
  return std::visit(Words{}, change);
}

class InformerTest : public testing::Test {
 protected:
  InformerTest() {
    CallerOptions options;
    options.qps = 0;
    options.retry.most_tries = 1;
    caller_.emplace(server_, tokens_, waiter_, options);
    client_.emplace(*caller_);
    informer_.emplace(*client_, waiter_, resources::kConfigMaps);
    informer_->add_handler([this](const Change& change) { told_.push_back(describe(change)); });
    server_.on_end([this] { stop_.request_stop(); });
  }
  void run() { informer_->run(stop_.get_token()); }
  /// A watch that ends cleanly after its time.
  void then_quiet_watch(std::vector<std::string> lines = {}) {
    server_.then([this, lines](const HttpRequest&, const BodySink& sink,
                               const std::stop_token&) -> test::Answer {
      for (const std::string& line : lines) {
        sink(line + "\n");
      }
      waiter_.advance(seconds(25));
      return HttpResponse{200, {}, ""};
    });
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> all;
    for (const HttpRequest& request : server_.requests()) {
      all.push_back(query_of(request, "watch") == "1"
                        ? "watch " + query_of(request, "resourceVersion")
                    : query_of(request, "limit") == "1" ? "probe"
                                                        : "list");
    }
    return all;
  }

  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  TokenSource tokens_{ClusterConfig{}, waiter_};
  std::optional<Caller> caller_;
  std::optional<Client> client_;
  std::optional<Informer> informer_;
  std::stop_source stop_;
  std::vector<std::string> told_;
};

TEST_F(InformerTest, EveryRequestKeepsToItsSelection) {
  // With rights to one named object, a request without its name is forbidden, also the one that is
  // only made after a break.
  InformerOptions options;
  options.name_space = "team";
  options.selection.field_selector = "metadata.name=a";
  informer_.emplace(*client_, waiter_, resources::kSecrets, options);
  server_.then_answer(200, list_of("10", {}));
  server_.then([](const HttpRequest&, const BodySink&, const std::stop_token&) -> test::Answer {
    return std::unexpected(TransportError{TransportFailure::kUnknown, "reset"});
  });
  server_.then_answer(200, list_of("10", {}));
  then_quiet_watch();
  run();
  ASSERT_THAT(asked(), ElementsAre("list", "watch 10", "probe", "watch 10"));
  for (const HttpRequest& request : server_.requests()) {
    EXPECT_EQ(query_of(request, "fieldSelector"), "metadata.name=a") << request.target;
  }
}

TEST_F(InformerTest, ListsThenWatchesFromThere) {
  server_.then_answer(200, list_of("10", {config_map("a", "3"), config_map("b", "4")}));
  server_.then_watch({event("MODIFIED", config_map("a", "11")),
                      event("ADDED", config_map("c", "12")),
                      event("DELETED", config_map("b", "13"))});
  run();
  EXPECT_THAT(told_, ElementsAre("initial a@3", "initial b@4", "updated a@3 to a@11", "added c@12",
                                 "deleted b@13"));
  EXPECT_THAT(asked(), ElementsAre("list", "watch 10"));
  EXPECT_EQ(informer_->version(), "13");
  EXPECT_EQ(informer_->store().size(), 2U);
}

TEST_F(InformerTest, ABrokenWatchResumesWhereItWasAndBacksOff) {
  server_.then_answer(200, list_of("10", {}));
  server_.then_watch({event("ADDED", config_map("a", "11"))}, TransportFailure::kUnknown);
  for (int i = 0; i < 8; ++i) {
    server_.then_fail(TransportFailure::kNotSent);  // refused: the server restarts
  }
  server_.then_answer(200, list_of("90", {}));
  server_.then_watch({bookmark("99")});
  run();
  EXPECT_EQ(informer_->stats().lists, 1U) << "the version is still good: no new list";
  EXPECT_EQ(asked().back(), "watch 11");
  const auto waits = waiter_.waits();
  ASSERT_GE(waits.size(), 9U);
  std::chrono::nanoseconds base = milliseconds(800);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_GE(waits[i], base);
    EXPECT_LT(waits[i], 2 * base) << "jitter adds at most as much again";
    base = std::min<std::chrono::nanoseconds>(base * 2, seconds(30));
  }
}

TEST_F(InformerTest, BookmarksMoveThePositionAndHealthyWatchesFollowAtOnce) {
  server_.then_answer(200, list_of("10", {}));
  then_quiet_watch({bookmark("50")});
  then_quiet_watch();
  then_quiet_watch({bookmark("70")});
  run();
  EXPECT_THAT(asked(), ElementsAre("list", "watch 10", "watch 50", "watch 50"));
  EXPECT_TRUE(waiter_.waits().empty());
  EXPECT_TRUE(informer_->reached("70"));
  EXPECT_FALSE(informer_->reached("71"));
}

TEST_F(InformerTest, AnExpiredPositionIsListedAgainWithoutLosingDeletions) {
  server_.then_answer(200, list_of("10", {config_map("a", "3"), config_map("b", "4")}));
  server_.then_watch({R"({"type":"ERROR","object":{"code":410,"reason":"Expired"}})"});
  server_.then_answer(200, list_of("90", {config_map("b", "44"), config_map("c", "80")}));
  server_.then_watch({bookmark("91")});
  run();
  EXPECT_THAT(asked(), ElementsAre("list", "watch 10", "list", "watch 90"));
  EXPECT_THAT(told_, ElementsAre("initial a@3", "initial b@4", "missing a@3", "updated b@4 to b@44",
                                 "added c@80"));
  EXPECT_TRUE(waiter_.waits().empty()) << "the first 410 is normal";
}

TEST_F(InformerTest, A410ForEverIsNoHotLoop) {
  for (int i = 0; i < 4; ++i) {
    server_.then_answer(200, list_of("10", {}));
    server_.then_status(410, "Gone");
  }
  run();
  EXPECT_EQ(waiter_.waits().size(), 3U) << "all but the first wait";
}

TEST_F(InformerTest, AVersionThatGoesBackwardsRebuildsTheCache) {
  server_.then_answer(200, list_of("100", {config_map("a", "90"), config_map("b", "95")}));
  server_.then_watch({event("MODIFIED", config_map("a", "42"))});  // etcd came back from a backup
  server_.then_answer(200, list_of("42", {config_map("a", "42")}));
  server_.then_watch({bookmark("43")});
  run();
  EXPECT_THAT(told_,
              ElementsAre("initial a@90", "initial b@95", "missing b@95", "updated a@90 to a@42"));
  EXPECT_EQ(informer_->stats().rollbacks, 1U);
  EXPECT_EQ(informer_->version(), "43");
}

TEST_F(InformerTest, ABookmarkFromThePastCountsToo) {
  server_.then_answer(200, list_of("100", {}));
  server_.then_watch({bookmark("99")});
  server_.then_answer(200, list_of("101", {}));
  run();
  EXPECT_THAT(asked(), ElementsAre("list", "watch 100", "list"));
}

TEST_F(InformerTest, SilenceMakesItAskForTheVersion) {
  server_.then_answer(200, list_of("100", {config_map("a", "90")}));
  then_quiet_watch();  // a real server with a restored etcd waits until its version reaches 100
  then_quiet_watch();
  server_.then_answer(200, list_of("7", {}));
  server_.then_answer(200, list_of("7", {config_map("b", "6")}));
  then_quiet_watch();
  then_quiet_watch();
  server_.then_answer(200, list_of("7", {}));
  then_quiet_watch();
  run();
  EXPECT_THAT(asked(), ElementsAre("list", "watch 100", "watch 100", "probe", "list", "watch 7",
                                   "watch 7", "probe", "watch 7"))
      << "a quiet resource is not listed again";
  EXPECT_THAT(told_, ElementsAre("initial a@90", "missing a@90", "added b@6"));
  EXPECT_EQ(informer_->stats().rollbacks, 1U);
}

TEST_F(InformerTest, AServerThatComesBackIsAskedForItsVersionFirst) {
  server_.then_answer(200, list_of("100", {config_map("a", "90")}));
  server_.then_watch({}, TransportFailure::kUnknown);
  server_.then_answer(200, list_of("50", {}));  // from a backup
  server_.then_answer(200, list_of("50", {}));
  server_.then_watch({bookmark("51")});
  run();
  EXPECT_THAT(asked(), ElementsAre("list", "watch 100", "probe", "list", "watch 50"));
  EXPECT_THAT(told_, ElementsAre("initial a@90", "missing a@90"));
}

TEST_F(InformerTest, AVersionFromTheFutureEndsInANewList) {
  server_.then_answer(200, list_of("100", {}));
  for (int i = 0; i < 3; ++i) {
    server_.then_answer(504, R"({"kind":"Status","code":504,"reason":"Timeout","message":
      "Too large resource version: 100, current: 7","details":{"retryAfterSeconds":1,
      "causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}})");
  }
  server_.then_answer(200, list_of("8", {}));
  server_.then_watch({bookmark("9")});
  run();
  EXPECT_THAT(asked(),
              ElementsAre("list", "watch 100", "watch 100", "watch 100", "list", "watch 8"));
}

TEST_F(InformerTest, SilenceAnd429ResumeAndHonourTheTimeNamed) {
  server_.then_answer(200, list_of("10", {}));
  for (int i = 0; i < 5; ++i) {
    server_.then_fail(TransportFailure::kTimeout);
  }
  server_.then_answer(200, list_of("10", {}));
  server_.then_status(429, "TooManyRequests", "no", {{"Retry-After", "300"}});
  server_.then_watch({bookmark("11")});
  run();
  EXPECT_EQ(informer_->stats().lists, 1U);
  EXPECT_EQ(waiter_.waits().back(), seconds(300));
}

TEST_F(InformerTest, AWatchThatEndsAtOnceWithNothingIsAFailure) {
  server_.then_answer(200, list_of("10", {}));
  server_.then_watch({});
  server_.then_watch({});
  run();
  EXPECT_EQ(waiter_.waits().size(), 2U);
}

TEST_F(InformerTest, GarbageInTheStreamIsReadAnotherWay) {
  server_.then_answer(200, list_of("10", {}));
  server_.then_watch({"<html>"});
  server_.then_answer(200, list_of("11", {config_map("a", "11")}));
  run();
  EXPECT_THAT(asked(), ElementsAre("list", "watch 10", "list"));
  EXPECT_EQ(informer_->store().size(), 1U);
}

TEST_F(InformerTest, TheFirstListIsTriedUntilItWorks) {
  server_.then_fail(TransportFailure::kNotSent);
  server_.then_status(403, "Forbidden");
  server_.then([this](const HttpRequest&, const BodySink&, const std::stop_token&) -> test::Answer {
    EXPECT_FALSE(informer_->synced());
    return HttpResponse{200, {}, list_of("10", {config_map("a", "1")})};
  });
  run();
  EXPECT_TRUE(informer_->synced());
  EXPECT_EQ(waiter_.waits().size(), 2U);
  EXPECT_EQ(informer_->stats().failures, 2U);
}

TEST_F(InformerTest, SyncedMeansThatHandlersHaveHeardEverything) {
  informer_->add_handler([this](const Change&) { EXPECT_FALSE(informer_->synced()); });
  server_.then_answer(200, list_of("10", {config_map("a", "1"), config_map("b", "2")}));
  run();
  EXPECT_TRUE(informer_->synced());
}

TEST_F(InformerTest, OneNameWithANewUidIsADeletionAndAnAddition) {
  server_.then_answer(200, list_of("10", {config_map("a", "1", "", "uid-1")}));
  server_.then_watch({event("MODIFIED", config_map("a", "12", "", "uid-2"))});
  run();
  EXPECT_THAT(told_, ElementsAre("initial a@1", "missing a@1", "added a@12"));
}

TEST_F(InformerTest, AThrowingHandlerHidesNothingFromTheOthers) {
  Informer informer(*client_, waiter_, resources::kConfigMaps);
  informer.add_handler([](const Change&) { throw std::runtime_error("bad object"); });
  informer.add_handler([this](const Change& change) { told_.push_back(describe(change)); });
  server_.then_answer(200, list_of("10", {config_map("a", "1"), config_map("b", "2")}));
  informer.run(stop_.get_token());
  EXPECT_EQ(told_.size(), 2U);
}

TEST_F(InformerTest, WritesSettleWhenTheCacheShowsThem) {
  WriteTracker tracker;
  const ObjectKey owner{"ns", "owner"};
  const auto object = [](const std::string& text) { return Object(json::Value::parse(text)); };
  server_.then_answer(200, list_of("10", {config_map("a", "3")}));
  server_.then(
      [&](const HttpRequest&, const BodySink& sink, const std::stop_token&) -> test::Answer {
        tracker.wrote(owner, *informer_, object(config_map("a", "11")));
        tracker.removed(owner, *informer_, {"ns", "a"}, "uid-a");
        EXPECT_FALSE(tracker.settled(owner));
        EXPECT_TRUE(tracker.settled({"ns", "other"}));
        sink(event("MODIFIED", config_map("a", "11")) + "\n");
        EXPECT_FALSE(tracker.settled(owner)) << "the delete is not seen yet";
        sink(event("DELETED", config_map("a", "12")) + "\n");
        EXPECT_TRUE(tracker.settled(owner));
        tracker.wrote(owner, *informer_, object(config_map("b", "20")));
        sink(bookmark("20") + "\n");
        EXPECT_TRUE(tracker.settled(owner)) << "a bookmark is enough";
        return HttpResponse{200, {}, ""};
      });
  run();
}

TEST(Store, IndexesFollowTheirObjects) {
  const auto pod = [](const char* name, const char* app, const char* owner, const char* version) {
    return Object(json::Value{{"metadata",
                               {{"name", name},
                                {"namespace", "ns"},
                                {"uid", name},
                                {"resourceVersion", version},
                                {"labels", {{"app", app}}},
                                {"ownerReferences", {{{"uid", owner}, {"controller", true}}}}}}});
  };
  Store store;
  store.add_index("app", by_label("app"));
  store.add_index("owner", by_controller_owner);
  store.upsert(pod("b", "x", "o1", "1"));
  store.upsert(pod("a", "x", "o2", "2"));
  ASSERT_EQ(store.by_index("app", "x").size(), 2U);
  EXPECT_EQ(store.by_index("app", "x")[0].name(), "a") << "in a stable order";
  store.upsert(pod("a", "y", "o2", "3"));
  EXPECT_EQ(store.by_index("app", "x").size(), 1U);
  EXPECT_EQ(store.by_index("owner", "o2").size(), 1U);
  EXPECT_EQ(store.in_namespace("ns").size(), 2U);
  EXPECT_TRUE(store.upsert(pod("a", "y", "o2", "3")).empty()) << "nothing new, nothing told";
  store.replace({});
  EXPECT_TRUE(store.by_index("app", "y").empty());
  EXPECT_TRUE(store.in_namespace("ns").empty());
  EXPECT_TRUE(store.by_index("none", "y").empty());
  EXPECT_TRUE(store.erase(pod("a", "y", "o2", "3")).empty());
}

}  // namespace
}  // namespace penstock::kube
