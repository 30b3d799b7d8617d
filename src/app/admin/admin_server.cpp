#include "app/admin/admin_server.h"

#include <charconv>
#include <thread>

#include <httplib.h>

namespace penstock::app::admin {
namespace {

constexpr int kUnavailable = 503;
constexpr std::size_t kThreads = 2;

}  // namespace

struct AdminServer::Parts {
  httplib::Server server;
  std::jthread thread;
};

Result<Address> parse_address(const std::string& flag, const std::string& text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&] {
    return fail(Code::kInvalid,
                flag + ": \"" + text + "\" is not ADDRESS:PORT; write for example 0.0.0.0:8081");
  };
  if (colon == std::string::npos) {
    return wrong();
  }
  Address out;
  const char* end = text.data() + text.size();
  const auto [parsed, problem] = std::from_chars(text.data() + colon + 1, end, out.port);
  constexpr int kMostPorts = 65535;
  if (problem != std::errc() || parsed != end || out.port < 0 || out.port > kMostPorts) {
    return wrong();
  }
  out.host = text.substr(0, colon);
  if (out.host.starts_with('[') && out.host.ends_with(']')) {
    out.host = out.host.substr(1, out.host.size() - 2);
  }
  if (out.host.empty()) {
    out.host = "0.0.0.0";
  }
  return out;
}

AdminServer::AdminServer() : parts_(std::make_unique<Parts>()) {
  parts_->server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
}

AdminServer::~AdminServer() {
  parts_->server.stop();
}

void AdminServer::serve(const std::string& path, const std::string& content_type, Source source) {
  parts_->server.Get(path, [content_type, source = std::move(source)](const httplib::Request&,
                                                                      httplib::Response& response) {
    const auto text = source();
    if (text) {
      response.set_content(*text, content_type);
    } else {
      response.status = kUnavailable;
      response.set_content(text.error().to_string() + "\n", "text/plain");
    }
  });
}

Result<int> AdminServer::listen(const Address& address) {
  int port = address.port;
  const bool bound = port == 0 ? (port = parts_->server.bind_to_any_port(address.host)) > 0
                               : parts_->server.bind_to_port(address.host, port);
  if (!bound) {
    return fail(Code::kUnavailable, "cannot listen on " + address.host + ":" +
                                        std::to_string(address.port) +
                                        "; is the port in use? Choose another, or 0 for any");
  }
  parts_->thread = std::jthread([this] { parts_->server.listen_after_bind(); });
  while (!parts_->server.is_running()) {
    std::this_thread::yield();  // stop() before that would be lost
  }
  return port;
}

}  // namespace penstock::app::admin
