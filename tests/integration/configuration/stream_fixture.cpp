#include "tests/integration/configuration/stream_fixture.h"

#include <csignal>
#include <fstream>

#include "base/random.h"
#include "controller/inferencegateway/names.h"

namespace penstock::test {

using std::chrono::milliseconds;

StreamTest::StreamTest()
    : folder_(std::filesystem::path(testing::TempDir()) / ("stream-" + secure_hex(6))) {
  std::signal(SIGPIPE, SIG_IGN);
  std::filesystem::create_directories(folder_);
  serve();
}

StreamTest::~StreamTest() {
  server_.reset();
  std::filesystem::remove_all(folder_);
}

configuration::ServerOptions StreamTest::fast() {
  configuration::ServerOptions options;
  options.host = "127.0.0.1";
  options.heartbeat = milliseconds(100);
  return options;
}

void StreamTest::serve(configuration::ServerOptions options) {
  options.port = port_;
  server_.reset();
  auto started = configuration::Server::start(
      options, publications_,
      [this](const authority::GatewayIdentity& from, std::string body) -> Result<> {
        return sink_ ? sink_(from, std::move(body)) : fail(Code::kUnavailable, "not collecting");
      },
      waiter_);
  ASSERT_TRUE(started) << started.error().to_string();
  server_ = std::move(*started);
  port_ = server_->port();
  use(authority_);
}

authority::Authority StreamTest::new_authority() {
  const auto empty = authority::Authority::read(kube::Object());
  return *empty->rotated(system_waiter().wall_now(), {}).value();
}

void StreamTest::use(const authority::Authority& by, const std::string& host) {
  authority::Leaf leaf;
  leaf.use = authority::Use::kServer;
  leaf.names = {host};
  const auto kept = authority::keep(by, leaf, std::nullopt, waiter_.wall_now(), policy_);
  ASSERT_TRUE(kept) << kept.error().to_string();
  ASSERT_TRUE(server_->use(kept->pair, by.bundle()));
}

void StreamTest::publish(const std::string& gateway, std::uint64_t version, std::string bytes) {
  publications_.publish({"team-a", controller::inferencegateway::snapshot_name(gateway)},
                        {version, std::move(bytes)});
}

void StreamTest::write_identity(const std::string& gateway, const authority::Authority& by,
                                std::chrono::seconds life) {
  authority::Policy policy = policy_;
  policy.leaf_life = life;
  const auto kept = authority::keep(by, authority::gateway_leaf({"team-a", gateway}), std::nullopt,
                                    waiter_.wall_now(), policy);
  ASSERT_TRUE(kept) << kept.error().to_string();
  std::filesystem::create_directories(folder(gateway));
  std::ofstream(folder(gateway) / "ca.crt") << by.bundle();
  std::ofstream(folder(gateway) / "tls.crt") << kept->pair.certificate;
  std::ofstream(folder(gateway) / "tls.key") << kept->pair.key.reveal();
}

role::StreamOptions StreamTest::client_options(const std::string& gateway) const {
  role::StreamOptions options;
  options.url = "https://localhost:" + std::to_string(port_);
  options.identity = folder(gateway);
  options.silence = milliseconds(3'000);
  options.look = milliseconds(50);
  options.backoff = {.first = milliseconds(20), .cap = milliseconds(200)};
  options.resolve = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
  return options;
}

std::unique_ptr<role::ConfigurationStream> StreamTest::follow(const std::string& gateway) const {
  return std::move(role::ConfigurationStream::start(client_options(gateway)).value());
}

bool StreamTest::eventually(const std::function<bool()>& done) {
  const Waiter& waiter = system_waiter();
  const SteadyTime limit = waiter.now() + std::chrono::seconds(10);
  while (!done()) {
    if (waiter.now() > limit) {
      return false;
    }
    waiter.sleep(milliseconds(2), {});
  }
  return true;
}

role::Arrival StreamTest::next(role::ConfigurationStream& stream) {
  role::Arrival out;
  eventually([&] {
    auto arrival = stream.take();
    if (arrival) {
      out = std::move(*arrival);
    }
    return arrival.has_value();
  });
  return out;
}

}  // namespace penstock::test
