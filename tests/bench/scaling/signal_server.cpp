#include "signal_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine_page.h"
#include "gateway/demand/report.h"

namespace penstock::bench {
namespace {

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(2);
}

int listen_at(const std::string& address, std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  socklen_t size = sizeof name;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&name), size) != 0 || ::listen(fd, 8) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    give_up("listen on loopback");
  }
  port = ntohs(name.sin_port);
  return fd;
}

class Server {
 public:
  explicit Server(const Load& load)
      : load_(load), pods_(load.deployments * kPodsEach + kGateways), page_(engine_page()) {}

  std::uint16_t listen() {
    std::uint16_t port = 0;
    const Addresses addresses{true, 0};
    for (int pod = 0; pod < pods_; ++pod) {
      add(listen_at(addresses.of(pod), port), {pod, true, ""});
    }
    return port;
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    while (true) {
      const int count = ::epoll_wait(poller_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (sockets_.at(fd).listens) {
          accept(fd);
        } else {
          read(fd);
        }
      }
    }
  }

 private:
  struct Socket {
    int pod = 0;
    bool listens = false;
    std::string request;
  };

  void add(int fd, Socket socket) {
    sockets_[fd] = std::move(socket);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poller_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept(int listener) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) {
      return;
    }
    const int room = 1 << 20;  // a whole answer fits: write() below never has to wait
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    add(fd, {sockets_.at(listener).pod, false, ""});
  }

  void read(int fd) {
    char buffer[4096];
    const auto got = ::read(fd, buffer, sizeof buffer);
    Socket& socket = sockets_.at(fd);
    if (got <= 0) {
      ::close(fd);
      sockets_.erase(fd);
      return;
    }
    socket.request.append(buffer, static_cast<std::size_t>(got));
    if (socket.request.find("\r\n\r\n") == std::string::npos) {
      return;
    }
    socket.request.clear();
    const bool engine = socket.pod < load_.deployments * kPodsEach;
    const std::string report = engine ? "" : demand(socket.pod);
    const std::string& body = engine ? metrics(socket.pod) : report;
    answer_ = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: " +
              std::to_string(body.size()) + "\r\n\r\n";
    answer_ += body;
    for (std::size_t done = 0; done < answer_.size();) {
      const auto wrote = ::write(fd, answer_.data() + done, answer_.size() - done);
      if (wrote > 0) {
        done += static_cast<std::size_t>(wrote);
      } else if (errno != EAGAIN) {
        return;  // the other side is gone; the next read closes it
      } else {
        ::usleep(500);
      }
    }
  }

  [[nodiscard]] std::int64_t age() const {  // milliseconds
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin_)
        .count();
  }
  [[nodiscard]] bool busy(int deployment) const { return deployment % 100 < load_.busy_percent; }

  const std::string& metrics(int pod) {
    const bool works = busy(pod / kPodsEach);
    const auto time = age();
    return page_.with({works ? 8 : 0, works ? time : 1'000, works ? time / 50 : 1'000});
  }

  std::string demand(int pod) {
    gateway::demand::Report report;
    report.gateway = "default/main";
    report.instance = "gateway-" + std::to_string(pod - load_.deployments * kPodsEach);
    report.sequence = ++sequence_;
    report.window = std::chrono::milliseconds(age());
    for (int i = 0; i < load_.deployments; ++i) {
      gateway::demand::DeploymentDemand demand;
      demand.name_space = "default";
      demand.name = name_of(i);
      if (busy(i)) {
        demand.arrivals = age() / 1'000;
        demand.prompt_tokens = demand.arrivals * 500;
        demand.output_tokens = demand.arrivals * 100;
        demand.in_flight = 2;
      }
      report.deployments.push_back(std::move(demand));
    }
    std::ranges::sort(report.deployments, {}, &gateway::demand::DeploymentDemand::name);
    return gateway::demand::write_report(report);
  }

  const Load load_;
  const int pods_;
  PageEditor page_;
  std::string answer_;
  std::uint64_t sequence_ = 0;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int poller_ = ::epoll_create1(0);
  std::map<int, Socket> sockets_;
};

}  // namespace

SignalServer::SignalServer(const Load& load) {
  int pipe[2];
  if (::pipe(pipe) != 0) {
    give_up("pipe");
  }
  child_ = ::fork();
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Server server(load);
    const std::uint16_t port = server.listen();
    if (::write(pipe[1], &port, sizeof port) != sizeof port) {
      give_up("pipe");
    }
    server.run();
  }
  ::close(pipe[1]);
  if (::read(pipe[0], &port_, sizeof port_) != sizeof port_) {
    give_up("the server of signals did not start");
  }
  ::close(pipe[0]);
}

SignalServer::~SignalServer() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

}  // namespace penstock::bench
