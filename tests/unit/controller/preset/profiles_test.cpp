#include "controller/preset/profiles.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/caller.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::controller::preset {
namespace {

constexpr const char* kTwo =
    "{apiVersion: penstock.dev/v1alpha1, kind: AcceleratorProfile, metadata: {name: a}, spec: {}}\n"
    "---\n"
    "{apiVersion: penstock.dev/v1alpha1, kind: AcceleratorProfile, metadata: {name: b}, spec: "
    "{}}\n";

class Presets : public testing::Test {
 protected:
  /// Answers to the requests in turn: a status code each.
  void run(const std::vector<int>& codes) {
    for (const int code : codes) {
      server_.then([code](const kube::HttpRequest& request, const kube::BodySink&,
                          std::stop_token) {
        const std::string refusal =
            R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":")" +
            std::string(code == 404 ? "NotFound" : "Forbidden") + R"(","code":)" +
            std::to_string(code) + "}";
        const std::string there =
            request.body.empty() ? R"({"metadata":{"name":"there"}})" : request.body;
        return test::Answer(kube::HttpResponse{code, {}, code < 300 ? there : refusal});
      });
    }
    create_missing_at_last(client_, {kTwo, "penstock-system", "penstock"}, waiter_, {});
  }
  /// "GET a", "PATCH a", …
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto& request : server_.requests()) {
      const auto path = request.target.substr(0, request.target.find('?'));
      out.push_back(request.method + " " + path.substr(path.rfind('/') + 1));
    }
    return out;
  }

  test::ScriptedServer server_;
  test::FakeWaiter waiter_;
  kube::TokenSource tokens_{kube::ClusterConfig{}, waiter_};
  kube::Caller caller_{server_, tokens_, waiter_, {}};
  kube::Client client_{caller_};
};

using Asked = std::vector<std::string>;

TEST_F(Presets, AreCreatedAsHelmWouldCreateThem) {
  run({404, 201, 404, 201});
  EXPECT_EQ(asked(), (Asked{"GET a", "PATCH a", "GET b", "PATCH b"}));
  EXPECT_EQ(test::query_of(server_.request(1), "fieldManager"), "helm");
  const auto body = json::Value::parse(server_.request(1).body);
  EXPECT_EQ(body["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
  EXPECT_EQ(body["metadata"]["annotations"]["meta.helm.sh/release-name"], "penstock");
  EXPECT_EQ(body["metadata"]["annotations"]["meta.helm.sh/release-namespace"], "penstock-system");
}

TEST_F(Presets, WhatIsThereStays) {
  run({200, 404, 201});
  EXPECT_EQ(asked(), (Asked{"GET a", "GET b", "PATCH b"}));
}

TEST_F(Presets, AreTriedUntilTheyAreThere) {
  run({404, 201, 403, 200, 404, 403, 200, 404, 201});
  EXPECT_EQ(asked(), (Asked{"GET a", "PATCH a", "GET b", "GET a", "GET b", "PATCH b", "GET a",
                            "GET b", "PATCH b"}));
  EXPECT_EQ(waiter_.waits().size(), 2U);
}

}  // namespace
}  // namespace penstock::controller::preset
