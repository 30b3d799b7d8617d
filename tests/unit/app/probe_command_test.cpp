#include "app/probe_command.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>

namespace penstock::app {
namespace {

int probe(std::vector<std::string> words) {
  words.insert(words.begin(), "probe");
  std::vector<char*> argv;
  for (auto& word : words) {
    argv.push_back(word.data());
  }
  return run_probe(static_cast<int>(argv.size()), argv.data());
}

class ProbeCommand : public testing::Test {
 protected:
  ProbeCommand() : port_(server_.bind_to_any_port("127.0.0.1")) {
    server_.Get("/well", [](const httplib::Request& request, httplib::Response& response) {
      response.status = request.has_param("not") ? 503 : 204;
    });
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
  }
  ~ProbeCommand() override { server_.stop(); }

  [[nodiscard]] std::string url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }

  httplib::Server server_;
  int port_;
  std::jthread thread_;
};

TEST_F(ProbeCommand, SucceedsOnAnAnswerBelow300) {
  EXPECT_EQ(probe({url("/well")}), 0);
  EXPECT_EQ(probe({"--timeout", "2s", url("/well?x=1")}), 0);
}

TEST_F(ProbeCommand, FailsOnAnyOtherAnswer) {
  EXPECT_EQ(probe({url("/well?not=1")}), 1);
  EXPECT_EQ(probe({url("/elsewhere")}), 1);
  EXPECT_EQ(probe({url("")}), 1);
}

TEST_F(ProbeCommand, FailsWhereNobodyAnswers) {
  ASSERT_EQ(probe({url("/well")}), 0);  // and so the server runs, and can be stopped
  server_.stop();
  thread_.join();
  EXPECT_EQ(probe({url("/well")}), 1);
}

TEST(ProbeCommandFlags, WrongOnesAreToldApart) {
  EXPECT_EQ(probe({}), 2);
  EXPECT_EQ(probe({"ftp://127.0.0.1/"}), 2);
  EXPECT_EQ(probe({"--timeout", "soon", "http://127.0.0.1:1/"}), 2);
}

}  // namespace
}  // namespace penstock::app
