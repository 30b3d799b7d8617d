// The upstream of the gateway benchmark: as little work per call as a server can do, so that the
// proxies in front of it are what is measured. Plain epoll, one thread, canned answers; a streamed
// call gets one event per tick, each with a write of its own. It does not parse JSON: a body that
// holds "stream": true is streamed.

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <unordered_map>

#include <fmt/format.h>

namespace {

struct Options {
  std::uint16_t port = 0;
  int events = 100;         ///< per streamed answer
  int tick_micros = 1'000;  ///< between two events of one stream
  std::size_t body = 1'024;
};

struct Connection {
  std::string in;
  int events_left = 0;
};

class Upstream {
 public:
  explicit Upstream(Options options) : options_(options) {
    const std::string content(options_.body > 300 ? options_.body - 300 : 16, 'x');
    const std::string body = fmt::format(
        R"({{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":200,"completion_tokens":180,"total_tokens":380}}}})",
        content);
    answer_ = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    stream_head_ =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    event_ = chunk(
        "data: "
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
        "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},"
        "\"finish_reason\":null}]}\n\n");
    last_ = chunk(
                "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":"
                "1700000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},"
                "\"finish_reason\":\"stop\"}]}\n\n") +
            chunk(
                "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":"
                "1700000000,\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":200,"
                "\"completion_tokens\":100,\"total_tokens\":300}}\n\n") +
            chunk("data: [DONE]\n\n") + "0\r\n\r\n";
  }

  int run() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 1024) != 0) {
      fmt::print(stderr, "cannot listen on 127.0.0.1:{}\n", options_.port);
      return 1;
    }
    epoll_ = ::epoll_create1(0);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    itimerspec every{};
    every.it_interval.tv_nsec = options_.tick_micros * 1'000L;
    every.it_value = every.it_interval;
    ::timerfd_settime(timer_, 0, &every, nullptr);
    watch(listener_);
    watch(timer_);
    std::array<epoll_event, 256> ready{};
    for (;;) {
      const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) {
        handle(ready.at(static_cast<std::size_t>(i)).data.fd);
      }
    }
  }

 private:
  static std::string chunk(std::string_view data) {
    return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
  }

  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void handle(int fd) {
    if (fd == listener_) {
      accept_all();
    } else if (fd == timer_) {
      tick();
    } else {
      read_from(fd);
    }
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) {
        return;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd] = std::make_unique<Connection>();
      watch(fd);
    }
  }

  void tick() {
    std::uint64_t expired = 0;
    if (::read(timer_, &expired, sizeof expired) < 0) {
      return;
    }
    for (auto& [fd, connection] : connections_) {
      if (connection->events_left > 0) {
        --connection->events_left;
        put(fd, connection->events_left == 0 ? last_ : event_);
      }
    }
  }

  void read_from(int fd) {
    Connection& connection = *connections_[fd];
    std::array<char, 16'384> buffer{};
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) {
      ::close(fd);
      connections_.erase(fd);
      return;
    }
    connection.in.append(buffer.data(), static_cast<std::size_t>(count));
    for (;;) {
      const std::size_t head_end = connection.in.find("\r\n\r\n");
      if (head_end == std::string::npos) {
        return;
      }
      const std::size_t total = head_end + 4 + content_length(connection.in.substr(0, head_end));
      if (connection.in.size() < total) {
        return;
      }
      const std::string_view call = std::string_view(connection.in).substr(0, total);
      if (call.find("\"stream\": true") != std::string_view::npos) {
        put(fd, stream_head_);
        connection.events_left = options_.events;
      } else {
        put(fd, answer_);
      }
      connection.in.erase(0, total);
    }
  }

  static std::size_t content_length(std::string head) {
    for (char& c : head) {
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    const std::size_t at = head.find("content-length:");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 15, nullptr, 10);
  }

  static void put(int fd, std::string_view data) {
    // A full socket would mean a client that reads nothing for seconds; the benchmark has none.
    if (::send(fd, data.data(), data.size(), MSG_NOSIGNAL) < 0) {
      ::shutdown(fd, SHUT_RDWR);
    }
  }

  Options options_;
  std::string answer_;
  std::string stream_head_;
  std::string event_;
  std::string last_;
  int listener_ = -1;
  int timer_ = -1;
  int epoll_ = -1;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
};

template <class T>
void number(std::string_view text, T& out) {
  std::from_chars(text.data(), text.data() + text.size(), out);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view value = argv[i + 1];
    if (flag == "--port") {
      number(value, options.port);
    } else if (flag == "--events") {
      number(value, options.events);
    } else if (flag == "--tick-micros") {
      number(value, options.tick_micros);
    } else if (flag == "--body") {
      number(value, options.body);
    }
  }
  return Upstream(options).run();
}
