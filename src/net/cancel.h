#pragma once
// Telling work that nobody wants its result any more. One loop's thread. Knows nothing of what is
// cancelled.
//
//   OnCancel watch(exchange.disconnected(), [&] { call.abort(); });   // unregisters when it goes
//   out of scope

#include <utility>

#include "net/intrusive_list.h"

namespace penstock::net {

class CancelListener : public ListNode {
 public:
  virtual void cancelled() = 0;

 protected:
  ~CancelListener() = default;
};

/// Fires at most once (until reset). Listeners run inside fire(); each is unregistered first.
class CancelSignal {
 public:
  [[nodiscard]] bool fired() const noexcept { return fired_; }

  void fire() {
    fired_ = true;
    while (CancelListener* listener = listeners_.pop_front()) {
      listener->cancelled();
    }
  }

  /// Registers; a signal that has fired calls the listener at once.
  void add(CancelListener& listener) {
    if (fired_) {
      listener.cancelled();
    } else {
      listeners_.push_back(listener);
    }
  }

  /// For reuse by the next piece of work; nobody may be registered.
  void reset() noexcept { fired_ = false; }

 private:
  bool fired_ = false;
  IntrusiveList<CancelListener> listeners_;
};

template <class F>
class [[nodiscard]] OnCancel final : public CancelListener {
 public:
  OnCancel(CancelSignal& signal, F action) : action_(std::move(action)) { signal.add(*this); }
  void cancelled() override { action_(); }

 private:
  F action_;
};

}  // namespace penstock::net
