#pragma once
// An API server that follows a script: each request takes the next step. What was asked is kept for
// the test to look at. After the last step, requests end cancelled and `on_end` is called.

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "kube/transport.h"

namespace penstock::test {

using Answer = std::expected<kube::HttpResponse, kube::TransportError>;

class ScriptedServer final : public kube::Transport {
 public:
  using Step =
      std::function<Answer(const kube::HttpRequest&, const kube::BodySink&, std::stop_token)>;

  Answer send(const kube::HttpRequest& request, const kube::BodySink& sink,
              std::stop_token stop) override;

  void then(Step step);
  /// Any answer with a body.
  void then_answer(int status, std::string body,
                   std::vector<std::pair<std::string, std::string>> headers = {});
  void then_status(int code, std::string_view reason, std::string_view message = "no",
                   std::vector<std::pair<std::string, std::string>> headers = {});
  void then_fail(kube::TransportFailure failure);
  /// A watch that sends these lines, then ends as said (nullopt: cleanly).
  void then_watch(std::vector<std::string> lines,
                  std::optional<kube::TransportFailure> end = std::nullopt);
  /// Used for every request after the script; instead of the end.
  void always(Step step);
  void on_end(std::function<void()> done);

  [[nodiscard]] std::vector<kube::HttpRequest> requests() const;
  [[nodiscard]] kube::HttpRequest request(std::size_t index) const;
  [[nodiscard]] std::size_t count() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Step> steps_;
  Step always_;
  std::function<void()> on_end_;
  std::vector<kube::HttpRequest> requests_;
};

/// The value of one query parameter, decoded; empty when there is none.
[[nodiscard]] std::string query_of(const kube::HttpRequest& request, std::string_view name);
[[nodiscard]] std::string header_of(const kube::HttpRequest& request, std::string_view name);

/// {"apiVersion":"v1","kind":"ConfigMap","metadata":{…}} with data {"v": value}.
[[nodiscard]] std::string config_map(std::string_view name, std::string_view version,
                                     std::string_view value = "", std::string_view uid = "");
/// A list answer of such objects.
[[nodiscard]] std::string list_of(std::string_view version, const std::vector<std::string>& items,
                                  std::string_view next = "");
/// One line of a watch.
[[nodiscard]] std::string event(std::string_view type, std::string_view object);
[[nodiscard]] std::string bookmark(std::string_view version);

}  // namespace penstock::test
