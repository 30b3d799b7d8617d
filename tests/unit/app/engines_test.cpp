// Real engine processes (a small HTTP server each): replacement, draining, stop. Waits are on
// states.
#include "app/standalone/engines.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace penstock::app::standalone {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kServer = R"(
import http.server, os, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *a): pass
http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()
)";

EngineSpec engine(const std::string& version, std::uint32_t replicas = 1,
                  Replacement replacement = Replacement::kSurge) {
  EngineSpec spec;
  spec.deployment = "default/a";
  spec.replicas = replicas;
  spec.replacement = replacement;
  spec.argv = {"python3", "-c", kServer};
  spec.env = {{"VERSION", version}};
  spec.health_path = "/health";
  return spec;
}

class EnginesTest : public testing::Test {
 protected:
  EnginesTest() {
    std::string pattern = (fs::path(testing::TempDir()) / "engines-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    Engines::Events events{.addresses_changed = [this] { record(); },
                           .notice = [](const auto&, const auto&) {},
                           .calls_open = [this](const std::string&) { return calls_open_; }};
    engines_ = std::make_unique<Engines>(
        *loop_, guard_, Random(1),
        Engines::Settings{.log_dir = root_, .drain_timeout = 10s, .policy = {}}, std::move(events));
  }
  ~EnginesTest() override {
    engines_.reset();
    fs::remove_all(root_);
  }

  /// "0=ready 1=starting 2=draining", by the number of the instance.
  [[nodiscard]] std::string state() const {
    std::string out;
    for (const auto& [deployment, addresses] : engines_->addresses()) {
      for (const auto& address : addresses) {
        out += (out.empty() ? "" : " ") + address.id.substr(address.id.rfind('-') + 1) + "=" +
               (address.draining ? "draining"
                : address.ready  ? "ready"
                                 : "starting");
      }
    }
    return out;
  }
  void record() {
    least_ready_ = std::min(least_ready_, ready());
    history_.push_back(state());
  }
  [[nodiscard]] int ready() const {
    int count = 0;
    for (const auto& [deployment, addresses] : engines_->addresses()) {
      count += static_cast<int>(std::ranges::count(addresses, true, &EngineAddress::ready));
    }
    return count;
  }
  void until(const std::string& wanted) {
    const SteadyTime limit = loop_->now() + 20s;
    while (state() != wanted && loop_->now() < limit) {
      loop_->run_once(50ms);
    }
    ASSERT_EQ(state(), wanted);
  }

  supervise::Guard guard_ = supervise::Guard::start().value();
  std::unique_ptr<EventLoop> loop_ = EventLoop::create(system_clock()).value();
  fs::path root_;
  std::vector<std::string> history_;
  int least_ready_ = 0;
  std::uint64_t calls_open_ = 0;
  std::unique_ptr<Engines> engines_;
};

TEST_F(EnginesTest, AChangeIsReplacedWithoutAGap) {
  engines_->want({engine("1")});
  EXPECT_FALSE(engines_->settled());
  until("0=ready");
  EXPECT_TRUE(engines_->settled());
  least_ready_ = 1;
  calls_open_ = 1;
  engines_->want({engine("2")});
  until("0=draining 1=ready");
  EXPECT_EQ(least_ready_, 1) << "one was ready at every moment";
  calls_open_ = 0;
  until("1=ready");
}

TEST_F(EnginesTest, RecreateStopsTheOldOneFirst) {
  engines_->want({engine("1", 1, Replacement::kRecreate)});
  until("0=ready");
  history_.clear();
  engines_->want({engine("2", 1, Replacement::kRecreate)});
  until("0=draining");
  until("0=ready");
  EXPECT_EQ(std::ranges::count_if(history_,
                                  [](const auto& s) { return s.find(' ') != std::string::npos; }),
            0)
      << "never two at a time";
}

TEST_F(EnginesTest, VanishedDeploymentsDrainAndGo) {
  engines_->want({engine("1", 2)});
  until("0=ready 1=ready");
  calls_open_ = 3;
  engines_->want({});
  until("0=draining 1=draining");
  calls_open_ = 0;
  until("");
  EXPECT_EQ(engines_->count(), 0U);
}

TEST_F(EnginesTest, StopAllCallsBackWhenNoneIsLeft) {
  engines_->want({engine("1", 2)});
  until("0=ready 1=ready");
  bool stopped = false;
  engines_->stop_all([&] { stopped = true; });
  const SteadyTime limit = loop_->now() + 20s;
  while (!stopped && loop_->now() < limit) {
    loop_->run_once(50ms);
  }
  EXPECT_TRUE(stopped);
  EXPECT_EQ(state(), "");
}

}  // namespace
}  // namespace penstock::app::standalone
