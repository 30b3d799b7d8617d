// Real processes on a real loop: what the pure state machine cannot show. Waits are on events,
// never on time.
#include "app/supervise/supervisor.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/supervise/log_file.h"

namespace penstock::app::supervise {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Answers every connection with 200.
constexpr const char* kServer = R"(
import http.server, os, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 404); self.end_headers()
    def log_message(self, *a): pass
print('serving', flush=True)
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()
)";

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    std::string pattern = (fs::path(testing::TempDir()) / "supervisor-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    supervisor_ = std::make_unique<Supervisor>(*loop_, guard_, Random(1),
                                               [this](const ChildView& view, const Notice& notice) {
                                                 notices_.push_back({view, notice});
                                               });
  }
  ~SupervisorTest() override {
    supervisor_.reset();
    fs::remove_all(root_);
  }

  ChildSpec spec(std::vector<std::string> argv) const {
    ChildSpec out;
    out.id = "default/a-0";
    out.argv = std::move(argv);
    out.health_path = "/health";
    out.log_file = root_ / "a.log";
    out.policy.backoff_first = 10ms;
    return out;
  }
  ChildSpec server() const { return spec({"python3", "-c", kServer, "$(PORT)"}); }

  /// Runs the loop until the first notice of this kind after those that were taken before.
  std::pair<ChildView, Notice> next(NoticeKind kind) {
    const SteadyTime limit = loop_->now() + 20s;
    while (loop_->now() < limit) {
      while (taken_ < notices_.size()) {
        const auto& notice = notices_[taken_++];
        if (notice.second.kind == kind) {
          return notice;
        }
      }
      loop_->run_once(100ms);
    }
    ADD_FAILURE() << "no notice of kind " << static_cast<int>(kind) << "; log:\n"
                  << last_lines(root_ / "a.log", 20);
    return {};
  }

  Guard guard_ = Guard::start().value();
  std::unique_ptr<EventLoop> loop_ = EventLoop::create(system_clock()).value();
  fs::path root_;
  std::vector<std::pair<ChildView, Notice>> notices_;
  std::size_t taken_ = 0;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorTest, ServesIsKilledComesBackOnItsPortAndStops) {
  supervisor_->start(server());
  const auto first = next(NoticeKind::kReady).first;
  EXPECT_GT(first.port, 0);
  EXPECT_EQ(last_lines(root_ / "a.log", 1), "serving");
  kill(first.pid, SIGKILL);
  const auto exited = next(NoticeKind::kExited);
  EXPECT_EQ(exited.second.detail, "was killed by signal 9 (Killed)");
  const auto second = next(NoticeKind::kReady).first;
  EXPECT_EQ(second.port, first.port);
  EXPECT_NE(second.pid, first.pid);
  EXPECT_EQ(second.restarts, 1U);
  supervisor_->stop("default/a-0");
  next(NoticeKind::kStopped);
  EXPECT_TRUE(supervisor_->empty());
}

TEST_F(SupervisorTest, TellsHowAProgramFailed) {
  supervisor_->start(spec({"sh", "-c", "echo no such device; exit 3"}));
  EXPECT_EQ(next(NoticeKind::kExited).second.detail, "exited with code 3");
  EXPECT_EQ(last_lines(root_ / "a.log", 1), "no such device");
}

TEST_F(SupervisorTest, AMissingProgramIsNamed) {
  supervisor_->start(spec({"no-such-program-here"}));
  EXPECT_NE(next(NoticeKind::kExited).second.detail.find("no-such-program-here"),
            std::string::npos);
}

TEST_F(SupervisorTest, AChildThatIgnoresTermIsKilledAfterItsGrace) {
  auto deaf = server();
  deaf.argv = {"sh", "-c", "trap '' TERM; python3 -c \"$0\" $(PORT)", kServer};
  deaf.policy.stop_grace = 50ms;
  supervisor_->start(deaf);
  next(NoticeKind::kReady);
  supervisor_->stop("default/a-0");
  next(NoticeKind::kKilled);
  next(NoticeKind::kStopped);
}

TEST_F(SupervisorTest, ChildrenDoNotInheritBlockedSignalsOrDescriptors) {
  constexpr int kLeaky = 77;  // as a library's socket without close-on-exec
  ASSERT_EQ(::dup2(STDERR_FILENO, kLeaky), kLeaky);
  supervisor_->start(
      spec({"sh", "-c", "grep SigBlk /proc/self/status; ls /proc/$$$$/fd | tr '\\n' ' '; echo"}));
  next(NoticeKind::kExited);
  ::close(kLeaky);
  const std::string text = last_lines(root_ / "a.log", 2);
  EXPECT_NE(text.find("0000000000000000"), std::string::npos) << text;
  EXPECT_NE(text.find("\n0 1 2 "), std::string::npos) << text;
  EXPECT_EQ(text.find("77"), std::string::npos) << text;
}

/// Reads one line from a pipe; empty at its end.
std::string read_line(int fd) {
  std::string line;
  char byte = 0;
  while (::read(fd, &byte, 1) == 1 && byte != '\n') {
    line.push_back(byte);
  }
  return line;
}

TEST_F(SupervisorTest, KillNineOfTheParentLeavesNoGrandchild) {
  // A process of its own plays the supervisor; its child starts a grandchild that holds a pipe
  // open. When its writer is gone, the pipe ends.
  const fs::path pipe = root_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t middle = fork();
  if (middle == 0) {
    const Guard guard = Guard::start().value();
    auto loop = EventLoop::create(system_clock()).value();
    Supervisor inner(*loop, guard, Random(1), [](const ChildView&, const Notice&) {});
    inner.start(
        spec({"sh", "-c", "sh -c 'echo started; sleep 1000' >" + pipe.string() + " & wait"}));
    loop->run();
    _exit(0);
  }
  const int reader = ::open(pipe.c_str(), O_RDONLY);
  EXPECT_EQ(read_line(reader), "started");
  kill(middle, SIGKILL);
  waitpid(middle, nullptr, 0);
  EXPECT_EQ(read_line(reader), "");
  ::close(reader);
}

}  // namespace
}  // namespace penstock::app::supervise
