#pragma once
// Between the verbs (client.h) and the wire (transport.h): credentials, rate, retries, the gate
// before writes, warnings, numbers. Knows HTTP and Status; knows nothing of objects.

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/wait.h"
#include "kube/credentials.h"
#include "kube/retry.h"
#include "kube/token_bucket.h"
#include "kube/transport.h"

namespace penstock::kube {

/// One request as it ended, retries included: for metrics.
struct CallRecord {
  std::string_view verb;      ///< "get", "list", "watch", "apply", …
  std::string_view resource;  ///< plural
  int status = 0;             ///< 0: no answer
  int tries = 1;
  std::chrono::nanoseconds duration{0};
};

struct CallerOptions {
  std::string user_agent = "penstock";
  double qps = 50;  ///< 0: no limit of our own (the server has Priority and Fairness)
  int burst = 100;
  RetryPolicy retry{};
  std::function<void(const CallRecord&)> on_call{};  ///< any thread
};

/// What to do, with words for messages.
struct Call {
  std::string_view verb;
  std::string_view resource;
  std::string doing;  ///< "applying Deployment team-a/engine"
  bool write = false;
  HttpRequest request;
};

class Caller {
 public:
  Caller(Transport& transport, TokenSource& tokens, const Waiter& waiter, CallerOptions options);

  /// Asked before every try of every write: leadership. An error is returned as it is.
  void set_write_gate(std::function<Result<>()> gate);

  /// A 2xx answer, or an Error. With a sink nothing is repeated but for a rejected token.
  [[nodiscard]] Result<HttpResponse> call(const Call& call, const BodySink& sink,
                                          std::stop_token stop);

  [[nodiscard]] const Waiter& waiter() const { return waiter_; }

 private:
  Result<> before_try(const Call& call, HttpRequest& request, const std::stop_token& stop);
  void note_warnings(const HttpResponse& response);

  Transport& transport_;
  TokenSource& tokens_;
  const Waiter& waiter_;
  const CallerOptions options_;
  std::mutex mutex_;
  std::function<Result<>()> gate_;
  TokenBucket bucket_;
  std::set<std::string> warned_;
};

}  // namespace penstock::kube
