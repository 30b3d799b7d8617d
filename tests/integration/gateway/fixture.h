#pragma once
// A gateway in this process between a test's client and its scripted upstreams, all on loopback.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gateway/server.h"
#include "gateway/snapshot/document.h"
#include "tests/support/raw_http.h"
#include "tests/support/upstream.h"

namespace penstock::gateway {

/// A usage record as values.
struct SeenRecord {
  std::string consumer, route, deployment, operation, model, error_code, request_id;
  int status = 0;
  bool stream = false, estimated = false;
  Usage usage;
  std::uint32_t attempts = 0;
  std::chrono::nanoseconds waited{0};
};

class Records {
 public:
  std::unique_ptr<UsageSink> sink();
  /// Waits for the n-th record (from 1); fails the test after 5 s.
  SeenRecord nth(std::size_t n);
  std::size_t count();

 private:
  class Sink;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenRecord> records_;
};

class GatewayTest : public ::testing::Test {
 protected:
  static constexpr const char* kKey = "sk-test-alice";
  static constexpr const char* kChat = "/v1/chat/completions";

  GatewayTest();

  snapshot::Deployment& add_deployment(const std::string& name, const std::string& model,
                                       std::uint16_t upstream_port);
  /// Tiers of deployments by name.
  snapshot::Route& add_route(const std::string& name,
                             const std::vector<std::vector<std::string>>& tiers);
  std::uint32_t add_consumer(const std::string& name, const std::string& key);

  void start(std::size_t cores = 1);
  void apply();  ///< the changed document_

  [[nodiscard]] testing::Headers headers(const testing::Headers& more = {},
                                         const std::string& key = kKey) const;
  [[nodiscard]] std::string chat_body(const std::string& model, bool stream = false) const;
  [[nodiscard]] std::string chat_request(const std::string& model, bool stream = false) const;
  testing::HttpAnswer chat(const std::string& model, bool stream = false);
  testing::HttpAnswer get(const std::string& target, const std::string& key = kKey);
  testing::HttpAnswer post(const std::string& target, const std::string& body);
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  /// The value of a metric line that starts with `series`; -1 when absent.
  [[nodiscard]] double metric(const std::string& series) const;
  /// Waits until the metric has this value; false after 5 s.
  [[nodiscard]] bool becomes(const std::string& series, double value) const;
  /// What the server reports of one deployment, "namespace/name".
  [[nodiscard]] demand::DeploymentDemand demand_for(const std::string& deployment) const;

  snapshot::Document document_;
  Records records_;
  std::atomic<int> first_waits_{0};
  std::unique_ptr<GatewayServer> server_;
};

}  // namespace penstock::gateway
