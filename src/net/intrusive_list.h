#pragma once
// A doubly linked list whose links live in its members: insert, remove and pop are O(1) and never
// allocate. Knows nothing of what it links. One thread. A node unlinks itself when it is destroyed.

namespace penstock::net {

class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  [[nodiscard]] bool linked() const noexcept { return next_ != this; }

  void unlink() noexcept {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = this;
  }

 protected:
  ~ListNode() { unlink(); }

 private:
  template <class T>
  friend class IntrusiveList;

  ListNode* next_ = this;
  ListNode* prev_ = this;
};

/// T derives from ListNode. The list does not own its members.
template <class T>
class IntrusiveList {
 public:
  [[nodiscard]] bool empty() const noexcept { return !head_.linked(); }

  void push_back(T& item) noexcept { link(item, *head_.prev_, head_); }
  void push_front(T& item) noexcept { link(item, head_, *head_.next_); }

  /// nullptr when empty.
  [[nodiscard]] T* front() noexcept { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  [[nodiscard]] T* back() noexcept { return empty() ? nullptr : static_cast<T*>(head_.prev_); }

  T* pop_front() noexcept {
    T* item = front();
    if (item != nullptr) {
      static_cast<ListNode*>(item)->unlink();
    }
    return item;
  }

  /// Moves all members of `other` to the end of this list.
  void splice(IntrusiveList& other) noexcept {
    while (T* item = other.pop_front()) {
      push_back(*item);
    }
  }

  /// Calls f(T&) for each; f may unlink the member that it is given, and no other.
  template <class F>
  void for_each(F f) {
    for (ListNode* node = head_.next_; node != &head_;) {
      ListNode* following = node->next_;
      f(*static_cast<T*>(node));
      node = following;
    }
  }

 private:
  struct Head : ListNode {};

  static void link(T& item, ListNode& before, ListNode& after) noexcept {
    ListNode& node = item;
    node.prev_ = &before;
    node.next_ = &after;
    before.next_ = &node;
    after.prev_ = &node;
  }

  Head head_;
};

}  // namespace penstock::net
