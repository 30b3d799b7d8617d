#pragma once
// A ModelDeployment's scaling in a test: ticks of one second, with a load that the test states.

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/autoscaler/scaler.h"
#include "json/yaml.h"

namespace penstock::controller::autoscaler {

inline crd::ModelDeployment deployment_of(const std::string& spec) {
  json::Value value = {
      {"apiVersion", "penstock.dev/v1alpha1"},
      {"kind", "ModelDeployment"},
      {"metadata", {{"name", "llama"}, {"namespace", "team"}, {"uid", "u1"}, {"generation", 3}}},
      {"spec", *json::parse_yaml(spec, "test.yaml").documents.at(0).value}};
  return crd::parse_model_deployment(value).value();
}

inline Asked asked_of(const std::string& scaling, const std::string& more = "") {
  return read_asked(deployment_of("{model: {name: m}, engine: {image: i}" +
                                  (scaling.empty() ? "" : ", scaling: " + scaling) + more + "}"),
                    {});
}

/// What the world looks like; a tick tells the scaler.
struct World {
  SteadyTime now{std::chrono::hours(100)};
  WallTime wall_now{std::chrono::seconds(1'800'000'000)};
  int ready = 1;
  int starting = 0;
  double calls_per_second = 0;
  double tokens_per_call = 1'000;
  double waiting_for_start = 0;
  bool gateway_speaks = true;
  bool engines_answer = true;
  scaling::Fault engine_fault = scaling::Fault::kUnreachable;  ///< when they do not
  double running = 0;                                          ///< in each engine
  double generated_total = 0;                                  ///< of each engine
  double generated_per_second = 0;

  Step tick(Scaler& scaler, const Asked& asked) {
    now += std::chrono::seconds(1);
    wall_now += std::chrono::seconds(1);
    generated_total += generated_per_second;
    std::vector<scaling::PodReport> pods;
    std::vector<std::string> names;
    for (int i = 0; i < ready + starting; ++i) {
      scaling::PodReport pod;
      pod.id = static_cast<scaling::PodId>(i) + 1;
      pod.facts.created = now - std::chrono::hours(1);
      if (i < ready) {
        pod.facts.ready_since = now - std::chrono::minutes(50);
      }
      pod.engine.fault = engines_answer ? scaling::Fault::kNone : engine_fault;
      pod.engine.scraped = now;
      pod.engine.prompt_tokens = generated_total;
      pod.engine.generation_tokens = generated_total;
      pod.engine.running = running;
      pod.engine.waiting = 0;
      pod.engine.kv_usage = 0;
      pods.push_back(pod);
      names.push_back("pod-" + std::to_string(i));
    }
    const scaling::DemandSample sample{.start = now - std::chrono::seconds(1),
                                       .span = std::chrono::seconds(1),
                                       .calls = calls_per_second,
                                       .prompt_tokens = calls_per_second * tokens_per_call};
    const std::vector<scaling::DemandSample> news{sample};
    std::vector<scaling::GatewayReport> gateways(1);
    gateways[0].id = 1;
    gateways[0].through = now;
    gateways[0].news = news;
    gateways[0].cold_start_calls = waiting_for_start;
    gateways[0].fault = gateway_speaks ? scaling::Fault::kNone : scaling::Fault::kUnreachable;
    const std::vector<std::string_view> pod_names(names.begin(), names.end());
    const std::vector<std::string_view> gateway_names{"gateway-0"};
    Sight sight;
    sight.seen.now = now;
    sight.seen.pods = pods;
    sight.seen.gateways = gateways;
    sight.pod_names = pod_names;
    sight.gateway_names = gateway_names;
    sight.wall_now = wall_now;
    return scaler.step(asked, sight);
  }

  /// Ticks until the predicate holds, at most so often; how many it took (most + 1: never).
  template <class Until>
  int ticks_until(Scaler& scaler, const Asked& asked, int most, Until until) {
    for (int i = 1; i <= most; ++i) {
      if (until(tick(scaler, asked))) {
        return i;
      }
    }
    return most + 1;
  }

  Scaler scaler(const crd::model_deployment::Status& status, std::optional<int> running_now,
                const Asked& asked) const {
    return {status, running_now, asked, now, wall_now};
  }
};

/// The status as the next leader reads it: through JSON, as the API server keeps it.
inline crd::model_deployment::Status status_of(const Scaler& scaler) {
  const auto intent = status_intent({"team", "llama"}, "u1", scaler.said());
  auto value = intent.value();
  value["spec"] = {{"model", {{"name", "m"}}}, {"engine", {{"image", "i"}}}};
  return crd::parse_model_deployment(value).value().status;
}

}  // namespace penstock::controller::autoscaler
