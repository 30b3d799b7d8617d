// Who is not let in, whom a gateway does not believe, and what it may report.
#include <atomic>

#include "gateway/snapshot/frame.h"
#include "tests/integration/configuration/stream_fixture.h"

namespace penstock::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class RefusalTest : public StreamTest {
 protected:
  RefusalTest() {
    write_identity("main", authority_);
    publish("main", 1, "content");
    identity_ = role::read_identity(folder("main")).value();
  }

  /// HTTP status; 0: no connection.
  [[nodiscard]] int ask(const role::Identity& identity, const std::string& host = "localhost",
                        const std::string& target = "/v1/snapshots") const {
    const auto url =
        role::parse_controller_url("https://" + host + ":" + std::to_string(port_)).value();
    const auto door = role::open_door(url, "127.0.0.1", identity, seconds(5));
    kube::HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.deadline = seconds(5);
    bool answered = false;
    const auto response = (*door)->send(request,
                                        [&](std::string_view) {
                                          answered = true;
                                          return false;  // enough seen
                                        },
                                        {});
    return answered ? 200 : response ? response->status : 0;
  }

  /// Signed by our authority, saying this.
  [[nodiscard]] role::Identity signed_as(const authority::Leaf& leaf) const {
    const auto pair = authority_.sign(leaf, waiter_.wall_now(), policy_).value();
    return {pair.certificate, pair.key, authority_.bundle()};
  }

  role::Identity identity_;
};

TEST_F(RefusalTest, RightIdentityIsLetIn) {
  EXPECT_EQ(ask(identity_), 200);
  EXPECT_EQ(ask(identity_, "localhost", "/v1/other"), 404);
}

TEST_F(RefusalTest, NoCertificate) {
  role::Identity none = identity_;
  none.certificate.clear();
  EXPECT_EQ(ask(none), 0);
}

TEST_F(RefusalTest, CertificateOfAnotherAuthority) {
  const auto stranger = new_authority();
  const auto pair =
      stranger.sign(authority::gateway_leaf({"team-a", "main"}), waiter_.wall_now(), policy_)
          .value();
  EXPECT_EQ(ask({pair.certificate, pair.key, authority_.bundle()}), 0);
}

TEST_F(RefusalTest, ExpiredCertificate) {
  authority::Policy past = policy_;
  past.leaf_life = seconds(1);
  past.skew = hours(1);
  // Made ten minutes ago, and good for a second then.
  const auto old_authority = *authority::Authority::read(kube::Object())
                                  ->rotated(waiter_.wall_now() - hours(2), {})
                                  .value();
  use(old_authority);
  const auto leaf = authority::gateway_leaf({"team-a", "main"});
  const auto pair = old_authority.sign(leaf, waiter_.wall_now() - minutes(10), past).value();
  EXPECT_EQ(ask({pair.certificate, pair.key, old_authority.bundle()}), 0);
  const auto good = old_authority.sign(leaf, waiter_.wall_now(), policy_).value();
  EXPECT_EQ(ask({good.certificate, good.key, old_authority.bundle()}), 200);
}

TEST_F(RefusalTest, CertificateForServers) {
  auto leaf = authority::gateway_leaf({"team-a", "main"});
  leaf.use = authority::Use::kServer;
  EXPECT_EQ(ask(signed_as(leaf)), 0);
}

TEST_F(RefusalTest, CertificateOfNoGateway) {
  authority::Leaf leaf;
  leaf.common_name = "team-a/main";
  EXPECT_EQ(ask(signed_as(leaf)), 403);
  leaf.uris = {"spiffe://penstock/ns/team-a/operator/main"};
  EXPECT_EQ(ask(signed_as(leaf)), 403);
  leaf.uris = {"spiffe://penstock/ns/team-a/gateway/main",
               "spiffe://penstock/ns/team-b/gateway/main"};
  EXPECT_EQ(ask(signed_as(leaf)), 403);
}

TEST_F(RefusalTest, ServerOfAnotherAuthorityIsNotBelieved) {
  role::Identity other = identity_;
  other.trusted = new_authority().bundle();
  EXPECT_EQ(ask(other), 0);
}

TEST_F(RefusalTest, ServerOfAnotherNameIsNotBelieved) {
  EXPECT_EQ(ask(identity_, "penstock.test"), 0);
  use(authority_, "penstock.test");
  EXPECT_EQ(ask(identity_, "penstock.test"), 200);
  EXPECT_EQ(ask(identity_), 0);
}

TEST_F(RefusalTest, GatewayCannotPoseAsTheController) {
  const auto pair =
      authority_.sign(authority::gateway_leaf({"team-a", "main"}), waiter_.wall_now(), policy_)
          .value();
  ASSERT_TRUE(server_->use(pair, authority_.bundle()));
  EXPECT_EQ(ask(identity_), 0);
}

TEST_F(RefusalTest, DemandReachesTheSinkWithItsSender) {
  authority::GatewayIdentity from;
  std::string got;
  sink_ = [&](const authority::GatewayIdentity& who, std::string body) -> Result<> {
    from = who;
    got = std::move(body);
    return {};
  };
  EXPECT_TRUE(follow("main")->send_demand(R"({"queued":3})"));
  EXPECT_EQ(from, (authority::GatewayIdentity{"team-a", "main"}));
  EXPECT_EQ(got, R"({"queued":3})");
}

TEST_F(RefusalTest, DemandGoesToOneReplicaAfterTheOther) {
  std::atomic<int> asked = 0;
  sink_ = [&](const authority::GatewayIdentity&, const std::string&) -> Result<> {
    if (++asked == 1) {
      return fail(Code::kUnavailable, "this replica does not lead");
    }
    return {};
  };
  auto options = client_options("main");
  options.resolve = [](const std::string&) {
    return std::vector<std::string>{"127.0.0.1", "127.0.0.1"};
  };
  const auto stream = std::move(role::ConfigurationStream::start(std::move(options)).value());
  EXPECT_TRUE(stream->send_demand("{}"));
  EXPECT_EQ(asked, 2);
}

TEST_F(RefusalTest, DemandThatNobodyWantsOrThatIsTooLarge) {
  const auto stream = follow("main");
  EXPECT_FALSE(stream->send_demand("{}"));  // 503: not collecting
  std::atomic<int> asked = 0;
  sink_ = [&](const authority::GatewayIdentity&, const std::string&) -> Result<> {
    ++asked;
    return {};
  };
  EXPECT_FALSE(stream->send_demand(std::string(configuration::kLongestDemand + 1, ' ')));
  EXPECT_EQ(asked, 0);
}

TEST_F(RefusalTest, EmptyTrustIsNoTrust) {
  std::filesystem::resize_file(folder("main") / "ca.crt", 0);
  EXPECT_FALSE(role::read_identity(folder("main")));
  std::filesystem::remove(folder("main") / "ca.crt");
  EXPECT_FALSE(role::read_identity(folder("main")));
}

}  // namespace
}  // namespace penstock::test
