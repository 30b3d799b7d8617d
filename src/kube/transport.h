#pragma once
// HTTP as the client needs it: one request, one answer, a deadline, a way to stop. The seam where
// tests put a scripted server and the product puts sockets (http_transport.h). Knows nothing of
// Kubernetes.

#include <chrono>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::kube {

struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query, already percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;  ///< of the body; without one there is no body
  std::string body;
  std::chrono::milliseconds deadline{60'000};  ///< from the call to the last byte of the answer
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name (letter case ignored); empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

enum class TransportFailure {
  kNotSent,    ///< the server cannot have seen the request
  kUnknown,    ///< it may have: a write may have been done
  kTimeout,    ///< the deadline passed; a write may have been done
  kCancelled,  ///< a stop was requested; a write may have been done
  kRefused,    ///< the consumer of a stream, or a size limit, ended it
};

struct TransportError {
  TransportFailure failure = TransportFailure::kUnknown;
  std::string message;
};

/// Receives pieces of a successful answer's body as they arrive. False ends the call (kRefused).
using BodySink = std::function<bool(std::string_view)>;

class Transport {
 public:
  virtual ~Transport() = default;

  /// Blocks. Any answer, 5xx too, is a value. With a sink, the body of a 2xx answer goes there and
  /// the response's body stays empty. Never repeats a request. Any thread.
  [[nodiscard]] virtual std::expected<HttpResponse, TransportError> send(const HttpRequest& request,
                                                                         const BodySink& sink,
                                                                         std::stop_token stop) = 0;
};

}  // namespace penstock::kube
