#pragma once
// A namespace of its own on the real API server that $KUBECONFIG names. Without one the tests fail:
// nothing is skipped in silence.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "kube/connection.h"

namespace penstock::test {

class RealCluster : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] kube::Client& client() { return connection_->client(); }
  [[nodiscard]] std::unique_ptr<kube::Connection> connect(const kube::ClusterConfig& config);
  [[nodiscard]] kube::Object config_map(const std::string& name, const std::string& value) const;
  /// Polls until `done`, at most 20 s.
  static void eventually(const char* what, const std::function<bool()>& done);
  /// A token of a new service account without rights.
  std::string make_token(const std::string& account, int seconds);

  kube::ClusterConfig config_;
  std::unique_ptr<kube::Connection> connection_;
  std::string namespace_;
};

}  // namespace penstock::test
