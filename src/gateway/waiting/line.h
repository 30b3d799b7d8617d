#pragma once
// In which order calls that wait go on. Pure: knows no clock, no socket and no reason for waiting.
// Bounded by whoever lets calls in (room.h). One core; a place belongs to at most one line.
//
// Higher priority first. Within one priority consumers share by weight: next is the head of the
// consumer that has been given the least work per weight, so that a thousand calls of one consumer
// do not stand before the one call of another. Within one consumer first come, first served; a call
// that comes back keeps its place. Source: start-time fair queuing (Goyal et al., SIGCOMM 1996).
//
// Cost: taking scans the consumers of one priority; joining and leaving anywhere are logarithmic.
// Example: line_test.cpp.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace penstock::gateway {

class Line {
 public:
  struct Standing {
    std::string_view consumer = {};
    std::int32_t priority = 0;
    std::uint32_t weight = 1;
    std::uint64_t work = 1;    ///< what the call will cost, relative to others
    std::uint64_t ticket = 0;  ///< unique; smaller ones stand before larger ones
    bool returning = false;    ///< taken before, and back with the same ticket
  };

  /// A member of its call. Leaves its line when it is destroyed.
  class Place {
   public:
    explicit Place(const Standing& standing) : standing_(standing) {}
    ~Place() { leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] bool in_line() const noexcept { return line_ != nullptr; }
    [[nodiscard]] const Standing& standing() const noexcept { return standing_; }
    void leave() {
      if (line_ != nullptr) {
        line_->remove(*this);
      }
    }

   private:
    friend class Line;
    Standing standing_;
    Line* line_ = nullptr;
  };

  Line() = default;
  ~Line();  ///< lets go of those that still stand in it
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void join(Place& place);
  /// The one whose turn it is, not in the line any more; nullptr when nobody waits.
  [[nodiscard]] Place* take();
  /// In no particular order; `f` must not let anybody in or out.
  void for_each(const std::function<void(Place&)>& f);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  /// One consumer's calls, by ticket.
  struct Lane {
    std::map<std::uint64_t, Place*> places;
    double given = 0;  ///< work per weight so far
  };
  /// One priority's consumers. Forgotten when none of them waits.
  struct Level {
    std::map<std::string, Lane, std::less<>> lanes;
    double given = 0;  ///< of the lane that was served last: who comes new starts here
    std::size_t size = 0;
  };
  using Levels = std::map<std::int32_t, Level, std::greater<>>;

  static double cost(const Standing& standing);
  void remove(Place& place);
  void erase(Levels::iterator level, Lane& lane, Place& place);

  Levels levels_;
  std::size_t size_ = 0;
};

}  // namespace penstock::gateway
