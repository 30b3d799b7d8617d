#include "tests/support/kube/scripted_server.h"

#include <optional>

#include <fmt/format.h>

namespace penstock::test {

using kube::HttpRequest;
using kube::HttpResponse;
using kube::TransportError;
using kube::TransportFailure;

Answer ScriptedServer::send(const HttpRequest& request, const kube::BodySink& sink,
                            std::stop_token stop) {
  Step step;
  std::function<void()> done;
  {
    const std::lock_guard lock(mutex_);
    if (!steps_.empty()) {
      step = std::move(steps_.front());
      steps_.pop_front();
      requests_.push_back(request);
    } else if (always_) {
      step = always_;
      requests_.push_back(request);
    } else {
      done = on_end_;
    }
  }
  if (step) {
    return step(request, sink, std::move(stop));
  }
  if (done) {
    done();
  }
  return std::unexpected(TransportError{TransportFailure::kCancelled, "the script has ended"});
}

void ScriptedServer::then(Step step) {
  const std::lock_guard lock(mutex_);
  steps_.push_back(std::move(step));
}

void ScriptedServer::then_answer(int status, std::string body,
                                 std::vector<std::pair<std::string, std::string>> headers) {
  then([=](const HttpRequest&, const kube::BodySink&, const std::stop_token&) -> Answer {
    return HttpResponse{status, headers, body};
  });
}

void ScriptedServer::then_status(int code, std::string_view reason, std::string_view message,
                                 std::vector<std::pair<std::string, std::string>> headers) {
  then_answer(code,
              fmt::format(R"({{"kind":"Status","apiVersion":"v1","status":"Failure",)"
                          R"("message":"{}","reason":"{}","code":{}}})",
                          message, reason, code),
              std::move(headers));
}

void ScriptedServer::then_fail(TransportFailure failure) {
  then([=](const HttpRequest&, const kube::BodySink&, const std::stop_token&) -> Answer {
    return std::unexpected(TransportError{failure, "scripted failure"});
  });
}

void ScriptedServer::then_watch(std::vector<std::string> lines,
                                std::optional<TransportFailure> end) {
  then([=](const HttpRequest&, const kube::BodySink& sink, const std::stop_token&) -> Answer {
    for (const std::string& line : lines) {
      if (!sink(line + "\n")) {
        return std::unexpected(TransportError{TransportFailure::kRefused, "refused"});
      }
    }
    if (end) {
      return std::unexpected(TransportError{*end, "scripted end"});
    }
    return HttpResponse{200, {}, ""};
  });
}

void ScriptedServer::always(Step step) {
  const std::lock_guard lock(mutex_);
  always_ = std::move(step);
}

void ScriptedServer::on_end(std::function<void()> done) {
  const std::lock_guard lock(mutex_);
  on_end_ = std::move(done);
}

std::vector<HttpRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

HttpRequest ScriptedServer::request(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return requests_.at(index);
}

std::size_t ScriptedServer::count() const {
  const std::lock_guard lock(mutex_);
  return requests_.size();
}

std::string query_of(const HttpRequest& request, std::string_view name) {
  const std::string wanted = std::string(name) + "=";
  std::size_t at = request.target.find('?');
  while (at != std::string::npos) {
    const std::size_t start = at + 1;
    at = request.target.find('&', start);
    const std::string pair =
        request.target.substr(start, at == std::string::npos ? at : at - start);
    if (pair.starts_with(wanted)) {
      std::string value;
      for (std::size_t i = wanted.size(); i < pair.size(); ++i) {
        if (pair[i] == '%' && i + 2 < pair.size()) {
          value += static_cast<char>(std::stoi(pair.substr(i + 1, 2), nullptr, 16));
          i += 2;
        } else {
          value += pair[i];
        }
      }
      return value;
    }
  }
  return {};
}

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

std::string config_map(std::string_view name, std::string_view version, std::string_view value,
                       std::string_view uid) {
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{}",)"
      R"("namespace":"ns","uid":"{}","resourceVersion":"{}"}},"data":{{"v":"{}"}}}})",
      name, uid.empty() ? fmt::format("uid-{}", name) : std::string(uid), version, value);
}

std::string list_of(std::string_view version, const std::vector<std::string>& items,
                    std::string_view next) {
  std::string all;
  for (const std::string& item : items) {
    all += (all.empty() ? "" : ",") + item;
  }
  return fmt::format(
      R"({{"kind":"ConfigMapList","apiVersion":"v1","metadata":{{"resourceVersion":"{}",)"
      R"("continue":"{}"}},"items":[{}]}})",
      version, next, all);
}

std::string event(std::string_view type, std::string_view object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

std::string bookmark(std::string_view version) {
  return event("BOOKMARK", fmt::format(R"({{"kind":"ConfigMap","apiVersion":"v1","metadata":)"
                                       R"({{"resourceVersion":"{}","creationTimestamp":null}}}})",
                                       version));
}

}  // namespace penstock::test
