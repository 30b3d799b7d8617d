#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/explain/story.h"
#include "base/time_format.h"
#include "json/yaml.h"

namespace penstock::app::explain {
namespace {

json::Value yaml(const std::string& text) {
  return *json::parse_yaml(text, "test.yaml").documents.at(0).value;
}

Story story_of(const std::string& spec, const std::string& status) {
  json::Value value = {{"apiVersion", "penstock.dev/v1alpha1"},
                       {"kind", "ModelDeployment"},
                       {"metadata", {{"name", "llama"}, {"namespace", "team"}}},
                       {"spec", yaml(spec)},
                       {"status", yaml(status)}};
  Story out;
  out.object = crd::parse_model_deployment(value).value();
  return out;
}

std::string text_of(const Story& story) {
  std::ostringstream out;
  write_text(out, story, *parse_rfc3339("2026-03-01T08:10:00Z"));
  return out.str();
}

constexpr const char* kScaled =
    "{model: {name: m}, engine: {image: i}, scaling: {minReplicas: 0, maxReplicas: 8}}";
constexpr const char* kStatus =
    "{replicas: 3, readyReplicas: 1, desiredReplicas: 3, throughput: {tokensPerSecond: 1200, "
    "capacityPerReplica: 900, coldStartSeconds: 42, observedAt: '2026-03-01T08:09:30Z'}, "
    "lastScaling: "
    "[{time: '2026-03-01T08:09:00Z', from: 1, to: 3, reason: 'DemandGrew: 1 to 3 replicas', "
    "signals: "
    "{calls: 12500, waitingCalls: 0}}], conditions: [{type: Progressing, status: 'False', reason: "
    "Unschedulable, message: no node can take a replica, lastTransitionTime: "
    "'2026-03-01T08:09:10Z'}, {type: ScalingActive, status: 'True', reason: Active, message: the "
    "load decides, lastTransitionTime: '2026-03-01T08:00:00Z'}]}";

TEST(Story, TellsWhatRunsWhyAndWhatIsInTheWay) {
  const auto told = text_of(story_of(kScaled, kStatus));
  for (const char* part : {"ModelDeployment team/llama", "3 replicas, 1 take calls",
                           "3, decided by the autoscaler between 0 and 8", "1200 tokens/s, 30s ago",
                           "about 900", "about 42 s", "Active (10m ago): the load decides",
                           "blocked   Unschedulable (50s ago): no node can take a replica",
                           "1 → 3  (1m ago)", "DemandGrew: 1 to 3 replicas", "calls 12.5"}) {
    EXPECT_NE(told.find(part), std::string::npos) << part << "\nin\n" << told;
  }
  EXPECT_EQ(told.find("waitingCalls"), std::string::npos) << "zeros tell nothing";
}

TEST(Story, NamesAnExternalWriterAndAnAbsentController) {
  EXPECT_NE(text_of(story_of("{model: {name: m}, replicas: 2, engine: {image: i}}", "{}"))
                .find("2, fixed by spec.replicas"),
            std::string::npos);
  EXPECT_NE(text_of(story_of(kScaled, "{}")).find("is a controller running?"), std::string::npos);
  EXPECT_NE(
      text_of(
          story_of(
              "{model: {name: m}, provider: {type: OpenAICompatible, endpoint: 'https://x/v1'}}",
              "{}"))
          .find("nothing is scaled"),
      std::string::npos);
}

TEST(Story, TellsWhatADryRunWouldDo) {
  const auto told = text_of(story_of(kScaled, "{desiredReplicas: 1, recommendedReplicas: 3}"));
  EXPECT_NE(told.find("wanted    1, as before: scaling.dryRun keeps it\n"
                      "  dry run   the autoscaler would run 3\n"),
            std::string::npos)
      << told;
  const auto fixed = text_of(story_of("{model: {name: m}, replicas: 2, engine: {image: i}}",
                                      "{desiredReplicas: 2, recommendedReplicas: 3}"));
  EXPECT_NE(fixed.find("2, fixed by spec.replicas\n  dry run   the autoscaler would run 3"),
            std::string::npos)
      << fixed;
}

TEST(Story, EventsNewestFirstWithTheirCount) {
  auto story = story_of(kScaled, kStatus);
  story.events = {read_event(yaml("{type: Normal, reason: ScaledUp, note: more, eventTime: "
                                  "'2026-03-01T08:09:00.000000Z'}")),
                  read_event(yaml("{type: Warning, reason: MetricsUnavailable, note: silent, "
                                  "eventTime: '2026-03-01T08:00:00Z', series: {count: 4, "
                                  "lastObservedTime: '2026-03-01T08:09:30Z'}}"))};
  const auto told = text_of(story);
  const auto warning = told.find("Warning MetricsUnavailable (30s ago, 4 times): silent");
  ASSERT_NE(warning, std::string::npos) << told;
  EXPECT_LT(warning, told.find("ScaledUp (1m ago): more"));
  story.events_problem = "events is forbidden";
  EXPECT_NE(text_of(story).find("Events could not be read: events is forbidden"),
            std::string::npos);
}

TEST(Story, AsJson) {
  auto story = story_of(kScaled, kStatus);
  story.events = {
      read_event(yaml("{type: Normal, reason: ScaledUp, note: more, eventTime: "
                      "'2026-03-01T08:09:00Z'}"))};
  std::ostringstream out;
  write_json(out, story);
  const auto told = json::Value::parse(out.str());
  EXPECT_EQ(told.at("status").at("desiredReplicas"), 3);
  EXPECT_EQ(told.at("events").at(0).at("reason"), "ScaledUp");
}

}  // namespace
}  // namespace penstock::app::explain
