#include "kube/cluster_config.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "kube/credentials.h"
#include "tests/support/kube/fake_waiter.h"

namespace penstock::kube {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "penstock-kube-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  void TearDown() override { fs::remove_all(path_); }
  std::string file(const std::string& name, const std::string& text) {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  static Environment environment(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const char* name) {
      const auto found = values.find(name);
      return found == values.end() ? std::string() : found->second;
    };
  }
  fs::path path_;
};

constexpr const char* kConfig = R"(
apiVersion: v1
kind: Config
current-context: first
clusters:
- name: c1
  cluster: {server: "https://127.0.0.1:6443", certificate-authority: pki/ca.crt, tls-server-name: kubernetes}
- name: c2
  cluster: {server: "https://h:1", certificate-authority-data: Y2E=, insecure-skip-tls-verify: true}
users:
- name: files
  user: {client-certificate: me.crt, client-key: /abs/me.key}
- name: data
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5, client-key: ignored}
- name: token
  user: {token: t0k3n, tokenFile: tokens/t}
- name: plugin
  user: {exec: {command: aws}}
- name: half
  user: {client-certificate: me.crt}
contexts:
- name: first
  context: {cluster: c1, user: files, namespace: team-a}
- name: insecure
  context: {cluster: c2, user: data}
- name: tok
  context: {cluster: c1, user: token}
- name: exec
  context: {cluster: c1, user: plugin}
- name: half
  context: {cluster: c1, user: half}
- name: lost
  context: {cluster: nowhere, user: token}
)";

class KubeconfigTest : public Folder {};

TEST_F(KubeconfigTest, RelativePathsStartFromItsFolder) {
  const auto config = read_kubeconfig(file("kc", kConfig), "", false).value();
  EXPECT_EQ(config.server, "https://127.0.0.1:6443");
  EXPECT_EQ(config.tls_server_name, "kubernetes");
  EXPECT_EQ(config.ca.file, (path_ / "pki/ca.crt").string());
  EXPECT_EQ(config.client_certificate.file, (path_ / "me.crt").string());
  EXPECT_EQ(config.client_key.file, "/abs/me.key");
  EXPECT_EQ(config.name_space, "team-a");
}

TEST_F(KubeconfigTest, DataWinsOverFilesAndTokensAreRead) {
  const std::string path = file("kc", kConfig);
  const auto data = read_kubeconfig(path, "insecure", true).value();
  EXPECT_EQ(data.client_key.data.reveal(), "key");
  EXPECT_EQ(data.client_key.file, "");
  EXPECT_TRUE(data.insecure_skip_tls_verify);
  const auto token = read_kubeconfig(path, "tok", false).value();
  EXPECT_EQ(token.token.reveal(), "t0k3n");
  EXPECT_EQ(token.token_file, (path_ / "tokens/t").string());
}

TEST_F(KubeconfigTest, RefusesWithTheFieldAndTheRemedy) {
  const std::string path = file("kc", kConfig);
  const auto message = [&](const char* context) {
    const auto config = read_kubeconfig(path, context, false);
    return config ? std::string("accepted") : config.error().to_string();
  };
  EXPECT_NE(message("insecure").find("give certificate-authority"), std::string::npos);
  EXPECT_NE(message("exec").find("exec is not supported; use a client certificate"),
            std::string::npos);
  EXPECT_NE(message("half").find("go together"), std::string::npos);
  EXPECT_NE(message("lost").find("no \"nowhere\" in clusters (there are: c1, c2)"),
            std::string::npos);
  EXPECT_NE(message("absent").find("no \"absent\" in contexts"), std::string::npos);
  EXPECT_FALSE(read_kubeconfig((path_ / "none").string(), "", false));
}

TEST_F(KubeconfigTest, TheFirstFileOfAListWins) {
  const std::string first = file("a",
                                 "{current-context: first, contexts: [{name: first, context: "
                                 "{cluster: c1, user: token, namespace: mine}}]}");
  const auto config =
      read_kubeconfig(first + ":" + (path_ / "absent").string() + ":" + file("b", kConfig), "",
                      false)
          .value();
  EXPECT_EQ(config.name_space, "mine");
  EXPECT_EQ(config.server, "https://127.0.0.1:6443");
}

class InClusterTest : public Folder {};

TEST_F(InClusterTest, ReadsTheServiceAccount) {
  file("sa/token", "x");
  file("sa/namespace", "penstock-system\n");
  const auto config =
      in_cluster_config(
          environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}}),
          (path_ / "sa").string())
          .value();
  EXPECT_EQ(config.server, "https://[fd00::1]:443");
  EXPECT_EQ(config.name_space, "penstock-system");
  EXPECT_EQ(config.ca.file, (path_ / "sa/ca.crt").string());
}

TEST_F(InClusterTest, NothingFoundSaysWhatToDo) {
  const auto config = find_cluster_config({}, environment({{"HOME", path_.string()}}));
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().to_string().find("pass --kubeconfig"), std::string::npos);
  file(".kube/config", kConfig);
  EXPECT_TRUE(find_cluster_config({}, environment({{"HOME", path_.string()}})));
}

TEST_F(InClusterTest, TokensAreReadAgainAndKeptWhenTheFileIsAway) {
  test::FakeWaiter clock(test::FakeWaiter::Mode::kByHand);
  std::map<std::string, std::string> files{{"t", "one\n"}};
  const FileReader reader = [&](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? Result<std::string>(fail(Code::kNotFound, "gone"))
                                : found->second;
  };
  ClusterConfig config;
  config.token_file = "t";
  TokenSource tokens(config, clock, reader);
  EXPECT_EQ(tokens.token().value().reveal(), "one");
  files["t"] = "two";
  clock.advance(std::chrono::seconds(59));
  EXPECT_EQ(tokens.token().value().reveal(), "one");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(tokens.token().value().reveal(), "two");
  files["t"] = "three";
  EXPECT_TRUE(tokens.reject());  // a 401
  EXPECT_EQ(tokens.token().value().reveal(), "three");
  files.clear();
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(tokens.token().value().reveal(), "three");
  TokenSource never(config, clock, reader);
  EXPECT_EQ(never.token().error().code(), Code::kUnauthenticated);
}

TEST_F(InClusterTest, CertificatesAreReadAgainAndVersioned) {
  test::FakeWaiter clock(test::FakeWaiter::Mode::kByHand);
  std::string ca = "ca-1";
  bool readable = true;
  const FileReader reader = [&](const std::string&) -> Result<std::string> {
    return readable ? Result<std::string>(ca) : fail(Code::kNotFound, "gone");
  };
  ClusterConfig config;
  config.ca.file = "ca.crt";
  config.client_certificate.data = Secret("cert");
  TlsSource tls(config, clock, reader);
  EXPECT_EQ(tls.material().value()->version, 1U);
  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(tls.material().value()->version, 1U) << "the same content is no new version";
  ca = "ca-2";
  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(tls.material().value()->version, 2U);
  EXPECT_EQ(tls.material().value()->ca, "ca-2");
  readable = false;
  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(tls.material().value()->ca, "ca-2");
}

}  // namespace
}  // namespace penstock::kube
