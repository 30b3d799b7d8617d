#include "controller/authority/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/authority/gateway_identity.h"

namespace penstock::controller::authority {
namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;

const WallTime kNow = WallTime(days(20'000));

Validity around(WallTime now, std::chrono::seconds life) {
  return {now - hours(1), now + life};
}

Leaf client() {
  Leaf leaf;
  leaf.common_name = "team-a/main";
  leaf.uris = {"spiffe://penstock/ns/team-a/gateway/main"};
  return leaf;
}

class CertificateTest : public testing::Test {
 protected:
  const KeyPair authority_ = make_authority(around(kNow, days(30))).value();
  const KeyPair pair_ = issue(authority_, client(), around(kNow, days(7))).value();

  std::string problem(const KeyPair& pair, const std::string& bundle, const Leaf& leaf,
                      WallTime now = kNow) {
    const auto checked = check_leaf(pair, bundle, leaf, now);
    return checked ? "" : checked.error().message();
  }
};

TEST_F(CertificateTest, SaysWhatWasAsked) {
  Leaf leaf;
  leaf.use = Use::kServer;
  leaf.common_name = std::string(100, 'x');
  leaf.names = {"penstock.penstock-system.svc", "b,DNS:evil.test"};
  leaf.addresses = {"10.0.0.1", "::1"};
  leaf.uris = {"spiffe://a/b"};
  const auto pair = issue(authority_, leaf, around(kNow, days(7))).value();
  const auto facts = read_certificate(pair.certificate).value();
  EXPECT_EQ(facts.validity, around(kNow, days(7)));
  EXPECT_THAT(facts.names, ElementsAre("penstock.penstock-system.svc", "b,DNS:evil.test"));
  EXPECT_THAT(facts.addresses,
              ElementsAre(std::string("\x0a\0\0\x01", 4), std::string(15, '\0') + '\x01'));
  EXPECT_THAT(facts.uris, ElementsAre("spiffe://a/b"));
  EXPECT_EQ(problem(pair, authority_.certificate, leaf), "");
}

TEST_F(CertificateTest, GoodOneIsGood) {
  EXPECT_EQ(problem(pair_, authority_.certificate, client()), "");
  const auto other = make_authority(around(kNow, days(30))).value();
  EXPECT_EQ(problem(pair_, other.certificate + authority_.certificate, client()), "");
}

TEST_F(CertificateTest, OtherSubjectIsFound) {
  Leaf leaf = client();
  leaf.uris = {"spiffe://penstock/ns/team-b/gateway/main"};
  EXPECT_THAT(problem(pair_, authority_.certificate, leaf), HasSubstr("other URIs"));
  leaf = client();
  leaf.names = {"a"};
  EXPECT_THAT(problem(pair_, authority_.certificate, leaf), HasSubstr("other DNS names"));
  leaf = client();
  leaf.addresses = {"10.0.0.1"};
  EXPECT_THAT(problem(pair_, authority_.certificate, leaf), HasSubstr("other addresses"));
}

TEST_F(CertificateTest, TimeCounts) {
  EXPECT_EQ(problem(pair_, authority_.certificate, client(), kNow + days(6)), "");
  EXPECT_THAT(problem(pair_, authority_.certificate, client(), kNow + days(8)),
              HasSubstr("expired"));
  EXPECT_THAT(problem(pair_, authority_.certificate, client(), kNow - hours(2)),
              HasSubstr("not yet valid"));
}

TEST_F(CertificateTest, OtherAuthorityIsFound) {
  const auto other = make_authority(around(kNow, days(30))).value();
  EXPECT_NE(problem(pair_, other.certificate, client()), "");
  EXPECT_THAT(problem(pair_, "", client()), HasSubstr("no PEM certificate"));
}

TEST_F(CertificateTest, UseCounts) {
  Leaf server = client();
  server.use = Use::kServer;
  EXPECT_NE(problem(pair_, authority_.certificate, server), "");
}

TEST_F(CertificateTest, KeyMustFit) {
  const auto another = issue(authority_, client(), around(kNow, days(7))).value();
  EXPECT_THAT(problem({pair_.certificate, another.key}, authority_.certificate, client()),
              HasSubstr("the key is not that of the certificate"));
  EXPECT_THAT(problem({pair_.certificate, Secret("x")}, authority_.certificate, client()),
              HasSubstr("private key"));
  EXPECT_THAT(problem({"x", pair_.key}, authority_.certificate, client()),
              HasSubstr("not a PEM certificate"));
}

TEST_F(CertificateTest, LeafEndsWithItsAuthority) {
  const auto pair = issue(authority_, client(), around(kNow, days(90))).value();
  EXPECT_EQ(read_certificate(pair.certificate)->validity.until, kNow + days(30));
}

TEST_F(CertificateTest, LeafSignsNothing) {
  EXPECT_FALSE(issue(pair_, client(), around(kNow, days(1))));
}

TEST_F(CertificateTest, WhatIsNoAddressIsRefused) {
  Leaf leaf = client();
  leaf.addresses = {"10.0.0"};
  const auto pair = issue(authority_, leaf, around(kNow, days(1)));
  ASSERT_FALSE(pair);
  EXPECT_THAT(pair.error().message(), HasSubstr("\"10.0.0\""));
}

TEST(GatewayIdentityUri, ThereAndBack) {
  const GatewayIdentity identity{"team-a", "main.v2"};
  EXPECT_EQ(identity_uri(identity), "spiffe://penstock/ns/team-a/gateway/main.v2");
  EXPECT_EQ(parse_identity_uri(identity_uri(identity)), identity);
}

class WrongUriTest : public testing::TestWithParam<const char*> {};

TEST_P(WrongUriTest, IsNobody) {
  EXPECT_FALSE(parse_identity_uri(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUriTest,
    testing::Values("", "spiffe://penstock/ns/", "spiffe://penstock/ns/a/gateway/",
                    "spiffe://penstock/ns//gateway/b", "spiffe://other/ns/a/gateway/b",
                    "spiffe://penstock/ns/a/gateway/b/c", "spiffe://penstock/ns/a/b/gateway/c",
                    "spiffe://penstock/ns/a/gateway/B", "spiffe://penstock/ns/a/gateway/b%2f",
                    "https://penstock/ns/a/gateway/b", " spiffe://penstock/ns/a/gateway/b",
                    "spiffe://penstock/ns/a/gateway/b/gateway/c"));

}  // namespace
}  // namespace penstock::controller::authority
