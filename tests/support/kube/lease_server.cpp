#include "tests/support/kube/lease_server.h"

#include <nlohmann/json.hpp>

namespace penstock::test {

using kube::HttpRequest;
using kube::HttpResponse;
using kube::TransportError;
using kube::TransportFailure;

namespace {

HttpResponse status(int code, const char* reason) {
  return {code,
          {},
          nlohmann::json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", "no"}}
              .dump()};
}

}  // namespace

Answer LeaseServer::send(const HttpRequest& request, const kube::BodySink& /*sink*/,
                         std::stop_token stop) {
  if (stop.stop_requested()) {
    return std::unexpected(TransportError{TransportFailure::kCancelled, "stopped"});
  }
  int number = 0;
  {
    const std::lock_guard lock(mutex_);
    methods_.push_back(request.method);
    number = static_cast<int>(methods_.size());
  }
  if (on_request) {
    on_request(number);
  }
  const std::lock_guard lock(mutex_);
  if (!reachable) {
    return std::unexpected(TransportError{TransportFailure::kNotSent, "unreachable"});
  }
  Answer answer = serve(request);
  if (lose_next_answer.exchange(false)) {
    return std::unexpected(TransportError{TransportFailure::kUnknown, "answer lost"});
  }
  return answer;
}

Answer LeaseServer::serve(const HttpRequest& request) {
  if (request.method == "GET") {
    return lease_.empty() ? status(404, "NotFound") : HttpResponse{200, {}, lease_};
  }
  nlohmann::json lease = nlohmann::json::parse(request.body);
  if (request.method == "POST" && !lease_.empty()) {
    return status(409, "AlreadyExists");
  }
  if (request.method == "PUT" &&
      lease["metadata"].value("resourceVersion", "") != std::to_string(version_)) {
    return status(409, "Conflict");
  }
  lease["metadata"]["uid"] = "lease-uid";
  lease["metadata"]["resourceVersion"] = std::to_string(++version_);
  lease_ = lease.dump();
  return HttpResponse{200, {}, lease_};
}

std::vector<std::string> LeaseServer::methods() const {
  const std::lock_guard lock(mutex_);
  return methods_;
}

std::string LeaseServer::spec() const {
  const std::lock_guard lock(mutex_);
  return lease_.empty() ? "" : nlohmann::json::parse(lease_)["spec"].dump();
}

}  // namespace penstock::test
