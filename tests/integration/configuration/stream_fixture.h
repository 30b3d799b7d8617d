#pragma once
// A controller's server and gateways' clients on loopback, with certificates made for the test.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "app/gateway/configuration_stream.h"
#include "base/wait.h"
#include "controller/authority/authority.h"
#include "controller/configuration/server.h"

namespace penstock::test {

namespace authority = controller::authority;
namespace configuration = controller::configuration;
namespace role = app::gateway_role;

class StreamTest : public testing::Test {
 protected:
  StreamTest();
  ~StreamTest() override;

  /// On the port of the one before, if there was one.
  void serve(configuration::ServerOptions options = fast());
  static configuration::ServerOptions fast();

  void publish(const std::string& gateway, std::uint64_t version, std::string bytes);

  /// A folder as the Secret of `gateway` is mounted, with a certificate of `by`.
  void write_identity(const std::string& gateway, const authority::Authority& by,
                      std::chrono::seconds life = std::chrono::hours(1));
  [[nodiscard]] std::filesystem::path folder(const std::string& gateway) const {
    return folder_ / gateway;
  }

  [[nodiscard]] role::StreamOptions client_options(const std::string& gateway) const;
  [[nodiscard]] std::unique_ptr<role::ConfigurationStream> follow(const std::string& gateway) const;

  /// Waits, for up to ten seconds.
  static bool eventually(const std::function<bool()>& done);
  /// The next arrival; an empty one after ten seconds.
  static role::Arrival next(role::ConfigurationStream& stream);

  static authority::Authority new_authority();
  void use(const authority::Authority& by, const std::string& host = "localhost");

  const Waiter& waiter_ = system_waiter();
  const authority::Policy policy_{};
  std::filesystem::path folder_;
  configuration::Publications publications_{waiter_};
  authority::Authority authority_ = new_authority();
  configuration::DemandSink sink_;
  int port_ = 0;
  std::unique_ptr<configuration::Server> server_;
};

}  // namespace penstock::test
