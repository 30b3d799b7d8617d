#include "gateway/waiting/room.h"

#include <algorithm>

namespace penstock::gateway {
namespace {

constexpr std::size_t kPerDroppedPass = 2;

// A breaker that is due lets one call through and no other before that one's end.
constexpr std::chrono::milliseconds kWhileProbing{100};

}  // namespace

std::shared_ptr<SharedRoom::Count> SharedRoom::depth(const std::string& route) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(depths_, [](const auto& item) { return item.second.expired(); });
  std::weak_ptr<Count>& known = depths_[route];
  std::shared_ptr<Count> count = known.lock();
  if (!count) {
    count = std::make_shared<Count>(0);
    known = count;
  }
  return count;
}

struct Room::RouteLine final : net::Timer {
  RouteLine(Room& owner, std::string name, std::shared_ptr<SharedRoom::Count> count)
      : room(owner), route(std::move(name)), depth(std::move(count)) {}

  // An endpoint that had enough may be asked again: with one call each, not with all.
  void expired() override {
    if (const auto found = room.lines_.find(route); found != room.lines_.end()) {
      const auto self = found->second;
      room.release(self, Pace::kOnePerEndpoint);
    }
  }

  Room& room;
  const std::string route;
  const std::shared_ptr<SharedRoom::Count> depth;
  Line line;
  std::size_t passes = 0;      ///< released calls that no endpoint has taken yet
  std::size_t on_its_way = 0;  ///< of these, not resumed yet: no endpoint's load shows them
  SteadyTime paused_until{};   ///< an endpoint said that it is full, but not for how long
};

Room::Room(net::Loop& loop, SharedRoom& shared, Exits& exits)
    : loop_(loop), shared_(shared), exits_(exits) {}

Room::~Room() = default;

Room::Pass::Pass(Room& room, std::shared_ptr<RouteLine> line)
    : room_(&room), line_(std::move(line)) {
  ++line_->passes;
}

Room::Pass::~Pass() {
  if (line_) {
    --line_->passes;
    room_->release(line_, Pace::kTwo);
  }
}

std::shared_ptr<Room::RouteLine> Room::line_of(std::string_view route) {
  auto found = lines_.find(route);
  if (found == lines_.end()) {
    const std::string name(route);
    found =
        lines_.emplace(name, std::make_shared<RouteLine>(*this, name, shared_.depth(name))).first;
  }
  return found->second;
}

bool Room::has_line(std::string_view route) const {
  const auto found = lines_.find(route);
  return found != lines_.end() && !found->second->line.empty();
}

Room::Refusal Room::enter(Waiter& waiter) {
  Waiter::Request& request = waiter.request_;
  const bool returning = request.ticket != 0;
  const auto line = line_of(request.route);
  const std::uint64_t before = shared_.bytes.fetch_add(request.bytes, std::memory_order_relaxed);
  if (!returning && before + request.bytes > request.max_bytes) {
    shared_.bytes.fetch_sub(request.bytes, std::memory_order_relaxed);
    forget_if_idle(line);
    return Refusal::kNoMemory;
  }
  if (request.max_depth) {
    const std::uint32_t standing = line->depth->fetch_add(1, std::memory_order_relaxed);
    if (!returning && standing >= *request.max_depth) {
      line->depth->fetch_sub(1, std::memory_order_relaxed);
      shared_.bytes.fetch_sub(request.bytes, std::memory_order_relaxed);
      forget_if_idle(line);
      return Refusal::kLineFull;
    }
  }
  request.ticket = returning ? request.ticket : ++last_ticket_;
  waiter.spot_.emplace(Line::Standing{.consumer = request.consumer,
                                      .priority = request.priority,
                                      .weight = request.weight,
                                      .work = request.work,
                                      .ticket = request.ticket,
                                      .returning = returning},
                       waiter);
  waiter.line_ = line;
  waiter.waiting_ = true;
  ++count_;
  line->line.join(*waiter.spot_);
  const SteadyTime until = leave_by_ ? std::min(request.until, *leave_by_) : request.until;
  loop_.arm_at(waiter, until);
  line->paused_until = std::max(line->paused_until, loop_.now() + request.pause);
  if (line->passes == 0) {
    release(line, Pace::kOnePerEndpoint);
  }
  return Refusal::kNone;
}

void Room::release(const std::shared_ptr<RouteLine>& line, Pace pace) {
  if (line->line.empty()) {
    forget_if_idle(line);
    return;
  }
  const SteadyTime now = loop_.now();
  const bool heeds_pause = pace == Pace::kTwo || pace == Pace::kOnePerEndpoint;
  if (now < line->paused_until && heeds_pause) {
    arm(*line, std::chrono::ceil<std::chrono::milliseconds>(line->paused_until - now));
    return;
  }
  const auto openings = exits_.openings(line->route);
  if (!openings) {
    let_go(line, line->line.size());  // each finds out for itself that its route is gone
    return;
  }
  if (openings->endpoints == 0) {
    arm(*line, openings->wait);
    return;
  }
  std::size_t most = 1;
  switch (pace) {
    case Pace::kPlaces:
      most = openings->places - std::min(openings->places, line->on_its_way);
      break;
    case Pace::kOnePerEndpoint:
      most = openings->endpoints;
      break;
    case Pace::kTwo:
      most = kPerDroppedPass;
      break;
    case Pace::kOne:
      break;
  }
  let_go(line, line->passes == 0 ? std::max<std::size_t>(most, 1) : most);
}

void Room::let_go(const std::shared_ptr<RouteLine>& line, std::size_t most) {
  for (std::size_t i = 0; i < most; ++i) {
    Line::Place* place = line->line.take();
    if (place == nullptr) {
      return;
    }
    Waiter& waiter = static_cast<Waiter::Spot*>(place)->owner;
    waiter.pass_.emplace(*this, line);
    waiter.on_its_way_ = true;
    ++line->on_its_way;
    waiter.end(Waiter::End::kReleased);
  }
}

void Room::arm(RouteLine& line, std::optional<std::chrono::milliseconds> wait) {
  if (wait) {
    loop_.arm(line, wait->count() > 0 ? *wait : kWhileProbing);
  } else {
    line.cancel();
  }
}

void Room::forget_if_idle(const std::shared_ptr<RouteLine>& line) {
  if (line->line.empty()) {
    line->cancel();
    if (line->passes == 0) {
      lines_.erase(line->route);
    }
  }
}

void Room::exits_changed() {
  const auto lines = lines_;  // letting go may forget some
  for (const auto& [route, line] : lines) {
    release(line, Pace::kPlaces);
  }
}

void Room::answered_by(std::string_view deployment) {
  const SteadyTime now = loop_.now();
  for (const auto& [route, line] : lines_) {
    const bool stands = line->passes == 0 && !line->line.empty() && now < line->paused_until;
    if (stands && exits_.uses(route, deployment)) {
      release(line, Pace::kOne);  // forgets no line: this one has a pass now
    }
  }
}

void Room::leave_by(SteadyTime at) {
  leave_by_ = at;
  for (const auto& [route, line] : lines_) {
    line->line.for_each([this, at](Line::Place& place) {
      Waiter& waiter = static_cast<Waiter::Spot&>(place).owner;
      loop_.arm_at(waiter, std::min(at, waiter.request_.until));
    });
  }
}

void Room::check_out(Waiter& waiter) {
  --count_;
  shared_.bytes.fetch_sub(waiter.request_.bytes, std::memory_order_relaxed);
  if (waiter.request_.max_depth) {
    waiter.line_->depth->fetch_sub(1, std::memory_order_relaxed);
  }
  forget_if_idle(waiter.line_);
}

void Waiter::end(End how) {
  if (!waiting_) {
    return;
  }
  waiting_ = false;
  end_ = how;
  cancel();
  spot_->leave();
  room_.check_out(*this);
  if (awaiting_) {
    room_.loop_.schedule(std::exchange(awaiting_, {}));
  }
}

Waiter::~Waiter() {
  end(End::kLeft);
  arrived();
}

void Waiter::arrived() noexcept {
  if (on_its_way_) {
    on_its_way_ = false;
    --line_->on_its_way;
  }
}

Waiter::End Waiter::await_resume() noexcept {
  arrived();
  return end_;
}

Room::Pass Waiter::take_pass() {
  Room::Pass pass = std::move(*pass_);
  pass_.reset();
  return pass;
}

}  // namespace penstock::gateway
