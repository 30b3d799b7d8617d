#pragma once
// Where calls of one core wait for an endpoint: a line per route, and the rules of letting in and
// letting go. Knows no HTTP and no call; asks an Exits what a route could take.
//
//   Waiter waiter(core.room(), request);
//   const Room::Refusal refusal = room.enter(waiter);  // full: tell the client
//   const Waiter::End end = co_await waiter;           // released, expired or left
//   pass = waiter.take_pass();                         // drop it when the endpoint has taken the
//                                                      // call, or the call has ended
//
// Letting go: as many as the endpoints have places for when configuration brings one; one per
// endpoint when one may be asked again after it had enough; then two for each pass that is dropped.
// So the pace doubles while it goes well, and stops at the first refusal. Somebody in the line is
// therefore always woken: by a pass, by the line's timer, or by the next configuration. Nothing
// polls.
//
// One core's thread. SharedRoom spans the cores and is touched only by calls that wait.

#include <atomic>
#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/waiting/line.h"
#include "net/loop.h"
#include "routing/picker.h"

namespace penstock::gateway {

class Room;
class Waiter;

/// What all cores of a replica have in common.
class SharedRoom {
 public:
  using Count = std::atomic<std::uint32_t>;

  /// Calls in the queue of a route. Kept as long as a core holds it.
  [[nodiscard]] std::shared_ptr<Count> depth(const std::string& route);

  std::atomic<std::uint64_t> bytes{0};  ///< of bodies of calls that wait

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Count>> depths_;  // guarded by mutex_
};

/// What a route could take now.
class Exits {
 public:
  /// Absent: there is no such route any more.
  [[nodiscard]] virtual std::optional<routing::Openings> openings(std::string_view route) = 0;
  [[nodiscard]] virtual bool uses(std::string_view route, std::string_view deployment) const = 0;

 protected:
  ~Exits() = default;
};

class Room {
 private:
  struct RouteLine;

 public:
  Room(net::Loop& loop, SharedRoom& shared, Exits& exits);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  /// A released call's right to be at the head of things; dropping it lets the next ones go.
  class Pass {
   public:
    explicit Pass(Room& room, std::shared_ptr<RouteLine> line);
    Pass(Pass&& other) noexcept = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    Room* room_;
    std::shared_ptr<RouteLine> line_;  ///< null: moved from
  };

  enum class Refusal { kNone, kLineFull, kNoMemory };

  /// Takes the waiter in, unless a bound is reached. Calls that return are always taken in.
  [[nodiscard]] Refusal enter(Waiter& waiter);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool has_line(std::string_view route) const;

  /// New configuration is in force.
  void exits_changed();
  /// A call that did not wait got its answer from this deployment.
  void answered_by(std::string_view deployment);
  /// Nobody waits beyond `at` from now on.
  void leave_by(SteadyTime at);
  [[nodiscard]] bool leaving(SteadyTime now) const { return leave_by_ && now >= *leave_by_; }

 private:
  friend class Waiter;

  /// What a release may be as large as.
  enum class Pace { kPlaces, kOnePerEndpoint, kTwo, kOne };

  std::shared_ptr<RouteLine> line_of(std::string_view route);
  void release(const std::shared_ptr<RouteLine>& line, Pace pace);
  void let_go(const std::shared_ptr<RouteLine>& line, std::size_t most);
  void arm(RouteLine& line, std::optional<std::chrono::milliseconds> wait);
  void forget_if_idle(const std::shared_ptr<RouteLine>& line);
  void check_out(Waiter& waiter);

  net::Loop& loop_;
  SharedRoom& shared_;
  Exits& exits_;
  std::map<std::string, std::shared_ptr<RouteLine>, std::less<>> lines_;
  std::size_t count_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::optional<SteadyTime> leave_by_;
};

/// One stay of one call in the room. Lives in the call's frame.
class [[nodiscard]] Waiter final : public net::Timer {
 public:
  struct Request {
    std::string_view route;
    std::string_view consumer;
    std::int32_t priority = 0;
    std::uint32_t weight = 1;
    std::uint64_t work = 1;
    std::uint64_t bytes = 0;                 ///< that the call holds while it waits
    std::uint64_t max_bytes = 0;             ///< of all calls that wait
    std::optional<std::uint32_t> max_depth;  ///< of the route's queue; absent: not in a queue
    SteadyTime until{};
    std::uint64_t ticket = 0;            ///< of the call's stay before; 0 = it is new
    std::chrono::milliseconds pause{0};  ///< before the line is let go on: for one that returns
  };
  enum class End { kReleased, kExpired, kLeft };

  Waiter(Room& room, const Request& request) : room_(room), request_(request) {}
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// The client has gone. Nothing happens when the wait is over already.
  void leave() { end(End::kLeft); }
  void expired() override { end(End::kExpired); }

  [[nodiscard]] bool await_ready() const noexcept { return !waiting_; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { awaiting_ = awaiting; }
  [[nodiscard]] End await_resume() noexcept;

  [[nodiscard]] std::uint64_t ticket() const noexcept { return request_.ticket; }
  /// After kReleased, once.
  [[nodiscard]] Room::Pass take_pass();

 private:
  friend class Room;
  struct Spot final : Line::Place {
    Spot(const Line::Standing& standing, Waiter& waiter) : Place(standing), owner(waiter) {}
    Waiter& owner;
  };

  void end(End how);
  void arrived() noexcept;

  Room& room_;
  Request request_;
  std::optional<Spot> spot_;
  std::shared_ptr<Room::RouteLine> line_;
  std::optional<Room::Pass> pass_;
  std::coroutine_handle<> awaiting_;
  End end_ = End::kLeft;
  bool waiting_ = false;
  bool on_its_way_ = false;  ///< released, not resumed yet
};

}  // namespace penstock::gateway
