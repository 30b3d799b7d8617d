#include "controller/inferencegateway/identity.h"

#include "base/base64.h"
#include "controller/inferencegateway/names.h"
#include "given.h"

namespace penstock::controller::inferencegateway {
namespace {

using std::chrono::days;
using std::chrono::seconds;

const WallTime kNow = WallTime(days(20'000));

authority::AuthorityPtr new_authority(WallTime at = kNow) {
  return std::make_shared<const authority::Authority>(
      *authority::Authority::read(kube::Object())->rotated(at, {}).value());
}

class IdentityTest : public testing::Test {
 protected:
  WallTime renew(std::optional<Identity>& identity, WallTime now = kNow) {
    return renew_identity(identity, {"team-a", "main"},
                          {"https://x", [this] { return authority_; }}, now)
        .value();
  }
  /// As the Secret keeps it.
  static std::optional<Identity> stored(const Identity& identity) {
    return read_identity(kube::Object(json::Value{{"data", identity_data(identity)}}));
  }

  authority::AuthorityPtr authority_ = new_authority();
};

TEST_F(IdentityTest, NamesTheGatewayAndTrustsTheAuthority) {
  std::optional<Identity> identity;
  const WallTime renew_at = renew(identity);
  ASSERT_TRUE(identity);
  const auto facts = authority::read_certificate(identity->pair.certificate).value();
  EXPECT_EQ(facts.uris, std::vector<std::string>{"spiffe://penstock/ns/team-a/gateway/main"});
  EXPECT_EQ(identity->trusted, authority_->bundle());
  EXPECT_GT(renew_at, kNow + days(4));
  EXPECT_LT(renew_at, kNow + days(5));  // of seven
}

TEST_F(IdentityTest, IsKeptWhileItIsYoung) {
  std::optional<Identity> first;
  const WallTime renew_at = renew(first);
  auto second = stored(*first);
  EXPECT_EQ(renew(second, renew_at - seconds(1)), renew_at);
  EXPECT_EQ(identity_data(*second), identity_data(*first));
  renew(second, renew_at);
  EXPECT_NE(second->pair.certificate, first->pair.certificate);
}

TEST_F(IdentityTest, OfAnotherGatewayOrAuthorityIsReplaced) {
  std::optional<Identity> identity;
  renew(identity);
  const std::string first = identity->pair.certificate;
  authority_ = new_authority();
  renew(identity);
  EXPECT_NE(identity->pair.certificate, first);
  EXPECT_EQ(identity->trusted, authority_->bundle());
}

TEST_F(IdentityTest, NewTrustReachesAGoodCertificate) {
  authority_ = new_authority(kNow - days(250));
  std::optional<Identity> identity;
  renew(identity);
  const std::string first = identity->pair.certificate;
  authority_ = std::make_shared<const authority::Authority>(*authority_->rotated(kNow, {}).value());
  renew(identity);
  EXPECT_EQ(identity->pair.certificate, first);
  EXPECT_EQ(identity->trusted, authority_->bundle());
}

TEST_F(IdentityTest, WithoutAnAuthorityItStaysAsItIs) {
  authority_ = nullptr;
  std::optional<Identity> none;
  EXPECT_LE(renew(none), kNow + seconds(1));
  EXPECT_FALSE(none);
  std::optional<Identity> some = Identity{{"a", Secret("b")}, "c"};
  renew(some);
  EXPECT_EQ(some->pair.certificate, "a");
}

TEST(IdentitySecret, IncompleteOnesDoNotCount) {
  const Identity identity{{"a", Secret("b")}, "c"};
  EXPECT_TRUE(read_identity(kube::Object(json::Value{{"data", identity_data(identity)}})));
  EXPECT_FALSE(read_identity(kube::Object()));
  for (const char* key : {"tls.crt", "tls.key"}) {
    json::Value data = identity_data(identity);
    data.erase(key);
    EXPECT_FALSE(read_identity(kube::Object(json::Value{{"data", data}}))) << key;
  }
}

TEST(IdentityChild, IsATlsSecretThatPodsMount) {
  Input input = given(kGateway);
  input.identity = Identity{{"certificate", Secret("key")}, "trusted"};
  Image with_stream = image();
  with_stream.controller_url = "https://penstock.test:9443";
  json::Value secret;
  json::Value pod;
  for (const auto& child : desired(input, decide(input), with_stream)) {
    if (child.slot.name == identity_name("main")) {
      secret = child.intent.value();
    } else if (child.slot.resource.kind == "Deployment") {
      pod = child.intent.value()["spec"]["template"]["spec"];
    }
  }
  EXPECT_EQ(secret["type"], "kubernetes.io/tls");
  EXPECT_EQ(secret["data"]["tls.key"], base64_encode("key"));
  EXPECT_EQ(secret["data"]["ca.crt"], base64_encode("trusted"));
  const auto args = pod["containers"][0]["args"];
  EXPECT_NE(std::ranges::find(args, "--controller=https://penstock.test:9443"), args.end());
  EXPECT_NE(std::ranges::find(args, "--identity=/etc/penstock-identity"), args.end());
  EXPECT_EQ(pod["volumes"].back()["secret"]["secretName"], "main-identity");
  EXPECT_EQ(pod["volumes"].back()["secret"]["optional"], true);
  EXPECT_EQ(pod["containers"][0]["volumeMounts"].back()["mountPath"], "/etc/penstock-identity");
}

TEST(IdentityChild, IsAbsentWithoutAStream) {
  Input input = given(kGateway);
  input.identity = Identity{{"certificate", Secret("key")}, "trusted"};
  for (const auto& child : desired(input, decide(input), image())) {
    EXPECT_NE(child.slot.name, identity_name("main"));
  }
  const std::string pod = child_of(input, "Deployment").dump();
  EXPECT_EQ(pod.find("identity"), std::string::npos);
  EXPECT_EQ(pod.find("--controller"), std::string::npos);
}

}  // namespace
}  // namespace penstock::controller::inferencegateway
