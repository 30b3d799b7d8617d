// What goes over the wire for each verb (client rules 2, 5, 6, 34, 36).
#include "kube/client.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::kube {
namespace {

using test::query_of;

class ClientTest : public testing::Test {
 protected:
  static Object map(const char* version = "1") {
    return Object(json::Value::parse(test::config_map("a", version)));
  }
  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  TokenSource tokens_{ClusterConfig{}, waiter_};
  Caller caller_{server_, tokens_, waiter_, {}};
  Client client_{caller_};
};

TEST_F(ClientTest, ListsEveryPageOnce) {
  server_.then_answer(200, test::list_of("70", {test::config_map("a", "1")}, "next page&"));
  server_.then_answer(200, test::list_of("70", {test::config_map("b", "2")}));
  const auto list = client_.list(resources::kConfigMaps, "ns", {.label_selector = "x=y"}).value();
  EXPECT_EQ(list.resource_version, "70");
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[1].name(), "b");
  EXPECT_EQ(query_of(server_.request(0), "limit"), "500");
  EXPECT_EQ(query_of(server_.request(0), "resourceVersion"), "") << "a consistent read";
  EXPECT_EQ(query_of(server_.request(1), "continue"), "next page&");
  EXPECT_EQ(query_of(server_.request(1), "labelSelector"), "x=y");
}

TEST_F(ClientTest, StartsOverWhenAPageHasExpired) {
  server_.then_answer(200, test::list_of("70", {test::config_map("a", "1")}, "p2"));
  server_.then_status(410, "Expired");
  server_.then_answer(200, test::list_of("80", {test::config_map("c", "3")}));
  const auto list = client_.list(resources::kConfigMaps, "").value();
  ASSERT_EQ(list.items.size(), 1U) << "nothing of the torn first try may stay";
  EXPECT_EQ(list.items[0].name(), "c");
  EXPECT_EQ(query_of(server_.request(2), "continue"), "");
}

TEST_F(ClientTest, ItemsOfListsGetTheirTypeAndNullIsEmpty) {
  server_.then_answer(
      200, R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}}]})");
  const auto list = client_.list(resources::kDeployments, "").value();
  EXPECT_EQ(list.items[0].value()["apiVersion"], "apps/v1");
  EXPECT_EQ(list.items[0].value()["kind"], "Deployment");
  server_.then_answer(200, R"({"metadata":{"resourceVersion":"1"},"items":null})");
  EXPECT_TRUE(client_.list(resources::kDeployments, "").value().items.empty());
  server_.then_answer(200, R"({"metadata":{},"items":{}})");
  EXPECT_FALSE(client_.list(resources::kDeployments, ""));
}

TEST_F(ClientTest, MetadataOnlyAsksForTables) {
  server_.then_answer(200, test::list_of("1", {}));
  EXPECT_TRUE(client_.list(resources::kSecrets, "", {.metadata_only = true}));
  EXPECT_EQ(test::header_of(server_.request(0), "Accept"),
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
}

TEST_F(ClientTest, ApplyNamesItsManagerAndForces) {
  server_.then_answer(200, test::config_map("a", "2"));
  EXPECT_EQ(client_.apply(resources::kConfigMaps, map(), {.field_manager = "penstock/md"})
                .value()
                .resource_version(),
            "2");
  const HttpRequest& sent = server_.request(0);
  EXPECT_EQ(sent.method, "PATCH");
  EXPECT_EQ(sent.content_type, "application/apply-patch+yaml");
  EXPECT_EQ(query_of(sent, "fieldManager"), "penstock/md");
  EXPECT_EQ(query_of(sent, "force"), "true");
  server_.then_answer(200, test::config_map("a", "3"));
  EXPECT_TRUE(client_.apply(resources::kConfigMaps, map(),
                            {.field_manager = "m", .force = false, .subresource = "status"}));
  EXPECT_EQ(server_.request(1).target, "/api/v1/namespaces/ns/configmaps/a/status?fieldManager=m");
}

TEST_F(ClientTest, UpdateWithoutAVersionIsRefusedHere) {
  const auto answer = client_.update(
      resources::kConfigMaps, Object(json::Value::parse(R"({"metadata":{"name":"a"}})")), "m");
  ASSERT_FALSE(answer);
  EXPECT_EQ(server_.count(), 0U);
}

TEST_F(ClientTest, DeleteCarriesPreconditions) {
  server_.then_answer(200, R"({"kind":"Status"})");
  EXPECT_TRUE(client_.remove(resources::kConfigMaps, {"ns", "a"},
                             {.propagation = DeleteOptions::Propagation::kForeground,
                              .uid = "u",
                              .resource_version = "7",
                              .grace = std::chrono::seconds(0)}));
  EXPECT_EQ(json::Value::parse(server_.request(0).body),
            json::Value::parse(R"({"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0,
              "propagationPolicy":"Foreground","preconditions":{"uid":"u","resourceVersion":"7"}})"));
}

TEST_F(ClientTest, WatchAsksForBookmarksAndBoundsItsTime) {
  server_.then_watch({test::event("ADDED", test::config_map("a", "8")), test::bookmark("9")});
  std::vector<std::string> seen;
  EXPECT_TRUE(client_.watch(resources::kConfigMaps, "ns",
                            {.resource_version = "7", .timeout = std::chrono::seconds(30)},
                            [&](const WatchEvent& event) {
                              seen.push_back(event.object.resource_version());
                              return true;
                            }));
  EXPECT_EQ(seen, (std::vector<std::string>{"8", "9"}));
  const HttpRequest& sent = server_.request(0);
  EXPECT_EQ(query_of(sent, "allowWatchBookmarks"), "true");
  EXPECT_EQ(query_of(sent, "resourceVersion"), "7");
  EXPECT_EQ(query_of(sent, "timeoutSeconds"), "30");
  EXPECT_EQ(sent.deadline, std::chrono::seconds(40));
}

TEST_F(ClientTest, WatchEndsAreToldApart) {
  const auto watch = [&] {
    return client_.watch(resources::kConfigMaps, "", {.resource_version = "7"},
                         [](const WatchEvent&) { return true; });
  };
  server_.then_watch(
      {R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})"});
  EXPECT_EQ(watch().error().code(), Code::kGone) << "in the stream";
  server_.then_status(410, "Gone");
  EXPECT_EQ(watch().error().code(), Code::kGone) << "as a status";
  server_.then_watch({}, TransportFailure::kUnknown);
  EXPECT_EQ(watch().error().code(), Code::kUnavailable);
  server_.then_watch({}, TransportFailure::kTimeout);
  EXPECT_EQ(watch().error().code(), Code::kTimeout);
  server_.then(
      [](const HttpRequest&, const BodySink& sink, const std::stop_token&) -> test::Answer {
        sink(R"({"type":"ADDED","obj)");
        return HttpResponse{200, {}, ""};
      });
  EXPECT_EQ(watch().error().code(), Code::kUnavailable) << "cut inside an event";
  EXPECT_EQ(server_.count(), 5U) << "watches are never repeated here";
}

TEST(WatchDecoder, DecodesWhateverTheSplit) {
  const std::string stream = test::event("ADDED", test::config_map("a", "1", "\\u00e9\\n")) +
                             "\n\r\n" + test::event("DELETED", test::config_map("b", "2")) + "\n" +
                             test::bookmark("3") + "\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    WatchDecoder decoder;
    std::string versions;
    const auto handler = [&](const WatchEvent& event) {
      versions += event.object.resource_version();
      return true;
    };
    ASSERT_TRUE(decoder.feed(std::string_view(stream).substr(0, cut), handler).value());
    ASSERT_TRUE(decoder.feed(std::string_view(stream).substr(cut), handler).value());
    ASSERT_EQ(versions, "123") << cut;
    ASSERT_EQ(decoder.pending(), 0U);
  }
}

TEST(WatchDecoder, RefusesWhatIsNoEvent) {
  for (const char* bad : {"x\n", "[]\n", "{}\n",
                          R"({"type":"ADDED"})"
                          "\n",
                          R"({"type":"NEW","object":{}})"
                          "\n",
                          R"({"type":1,"object":{}})"
                          "\n"}) {
    WatchDecoder decoder;
    EXPECT_EQ(decoder.feed(bad, [](const WatchEvent&) { return true; }).error().code(),
              Code::kInvalid)
        << bad;
  }
  WatchDecoder small(100);
  const std::string piece(60, 'x');
  EXPECT_TRUE(small.feed(piece, nullptr));
  EXPECT_EQ(small.feed(piece, nullptr).error().code(), Code::kTooLarge);
}

TEST(WatchDecoder, KnowsTheEndOfAStreamedList) {
  bool end = false;
  WatchDecoder one_line;
  ASSERT_TRUE(one_line.feed(
      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5","annotations":{"k8s.io/initial-events-end":"true"}}}})"
      "\n",
      [&](const WatchEvent& event) {
        end = event.initial_events_end;
        return true;
      }));
  EXPECT_TRUE(end);
}

}  // namespace
}  // namespace penstock::kube
