#pragma once
// One inference call from its head to its last byte: who, what, where to, and the relay of the
// answer. Knows one core; lives in its coroutine's frame. The pages of its story: call.cpp (who and
// what), attempt.cpp (where to, again if that fails), wait.cpp (until there is a where), relay.cpp
// (the answer), settle.cpp (the books).

#include <memory>
#include <optional>
#include <string_view>

#include "gateway/core/core.h"
#include "gateway/request/splice.h"
#include "gateway/response/answer_class.h"
#include "gateway/response/inflater.h"
#include "net/exchange.h"
#include "net/http_client.h"
#include "routing/work.h"

namespace penstock::gateway {

class Call {
 public:
  Call(Core& core, net::Exchange& exchange, Scratch& scratch);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  net::Task<void> run();

 private:
  /// One try at one endpoint; its end is reported to the endpoint's state exactly once.
  class Try;

  // call.cpp
  std::optional<ApiError> admit();
  std::optional<ApiError> understand(std::string_view body);
  std::optional<ApiError> resolve();
  void prepare_body(const EndpointSlot& slot);
  net::Task<void> refuse(ApiError error);

  // attempt.cpp
  net::Task<void> attempts();
  net::Task<void> attempt();
  enum class Outcome { kDone, kStale, kRefusedUsageOption };
  void prepare_request(const EndpointSlot& slot);
  net::Task<Outcome> ask(net::ClientCall& upstream, Try& current);
  net::Task<bool> on_bad_request(net::ClientCall& upstream, Try& current,
                                 const net::ResponseHead& head);
  net::Task<void> failed(Try& current, AnswerClass why);
  net::Task<void> on_head(net::ClientCall& upstream, Try& current, const net::ResponseHead& head);
  net::Task<void> on_refusal(net::ClientCall& upstream, Try& current, const net::ResponseHead& head,
                             AnswerClass why);
  void end_badly(Try& current, routing::Verdict verdict,
                 std::optional<std::chrono::milliseconds> retry_after = {});
  void start_answer_afresh();
  bool next_choice(routing::Block outcome);
  [[nodiscard]] std::chrono::milliseconds left() const;
  [[nodiscard]] std::chrono::milliseconds head_timeout() const;
  [[nodiscard]] ApiError exhausted() const;

  // wait.cpp
  /// What a call waits for, and for how long in all.
  struct Wait {
    bool cold_start = false;  ///< else in the route's queue
    std::uint32_t deployment = 0;
    std::chrono::milliseconds max_wait{0};
  };
  [[nodiscard]] std::optional<Wait> what_to_wait_for(const routing::Decision& decision) const;
  [[nodiscard]] bool others_wait() const;
  net::Task<void> wait_for_turn();
  net::Task<bool> wait_once(const Wait& wait);
  std::optional<ApiError> move_to_configuration_in_force();
  [[nodiscard]] ApiError turned_away(const Wait& wait, Room::Refusal refusal) const;
  [[nodiscard]] ApiError waited_in_vain(const Wait& wait) const;

  // relay.cpp
  void copy_head(const net::ResponseHead& head);
  net::Task<void> relay_whole(net::ClientCall& upstream, Try& current);
  net::Task<void> relay_body(net::ClientCall& upstream, Try& current);
  net::Task<void> relay_stream(net::ClientCall& upstream, Try& current);
  net::Task<bool> forward(std::string_view piece);
  net::Task<bool> inflate_and_forward(std::string_view piece);
  net::Task<void> end_stream(Try& current);
  net::Task<void> break_stream(Try& current, AnswerClass why, ApiError error,
                               std::string_view reason);
  [[nodiscard]] std::chrono::milliseconds read_timeout() const;

  // settle.cpp
  void first_byte();
  void client_left();
  void arrive(const routing::Decision& decision);
  void settle();
  void settle_demand();
  void count(bool estimated, std::chrono::nanoseconds duration);
  void report(bool estimated, std::chrono::nanoseconds duration);

  void tick() { now_ = core_.loop_.now(); }
  [[nodiscard]] bool client_gone() const { return exchange_.disconnected().fired(); }
  [[nodiscard]] const snapshot::Document& document() const {
    return binding_->snapshot().document();
  }
  [[nodiscard]] const snapshot::Deployment& deployment() const {
    return document().deployments[choice_.deployment];
  }

  Core& core_;
  net::Exchange& exchange_;
  Scratch& scratch_;
  std::shared_ptr<Binding> binding_;
  SteadyTime
      now_;  ///< when the last wait ended: asking the clock costs as much as a routing decision
  SteadyTime began_;
  WallTime began_wall_;
  SteadyTime deadline_;
  bool counted_in_streams_ = false;

  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t consumer_ = kNone;  ///< index in the document
  std::uint32_t route_ = kNone;
  std::string_view body_;
  std::string_view upstream_body_;
  routing::Work work_;
  bool wants_usage_ = false;  ///< for us: the client did not ask for the usage chunk
  bool hide_usage_ = false;   ///< and the upstream at hand was asked for it

  routing::Attempts tried_;
  routing::Choice choice_;
  bool has_choice_ = false;
  routing::NoChoice none_;
  std::uint32_t attempts_ = 0;
  std::uint32_t attempts_before_wait_ = 0;
  bool sent_ = false;                   ///< choice_.deployment was asked, and is of binding_
  demand::Counters* wanted_ = nullptr;  ///< of the deployment that it was offered to
  std::shared_ptr<demand::Counters> wanted_elsewhere_;  ///< the same, when binding_ may lack it

  std::optional<Wait> wait_;  ///< it must, before anything else
  std::optional<Room::Pass> pass_;
  std::uint64_t ticket_ = 0;  ///< its place among those that wait; 0 = it never did
  SteadyTime waiting_since_{};
  std::chrono::nanoseconds waited_{0};
  std::chrono::milliseconds pause_{0};  ///< before its route's line goes on, if it goes back there

  int status_ = 0;            ///< as the client sees it
  int status_of_answer_ = 0;  ///< of the upstream's answer that is being relayed
  std::string_view error_code_;
  bool streaming_ = false;
  std::unique_ptr<Inflater> inflater_;  ///< for a stream that comes compressed
  bool body_started_ = false;
  bool timer_is_whole_ = false;  ///< the upstream's deadline is the call's own
  std::optional<Usage> usage_;
  std::uint64_t tokens_seen_ = 0;
  SteadyTime first_byte_at_{};
  bool left_ = false;  ///< the client has gone and was counted
};

}  // namespace penstock::gateway
