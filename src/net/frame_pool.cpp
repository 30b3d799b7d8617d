#include "net/frame_pool.h"

#include <array>
#include <cstdint>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PENSTOCK_PLAIN_FRAMES 1
#endif
#endif

namespace penstock::net {

#ifdef PENSTOCK_PLAIN_FRAMES

void* allocate_frame(std::size_t size) {
  return ::operator new(size);
}
void release_frame(void* frame, std::size_t /*size*/) noexcept {
  ::operator delete(frame);
}

#else

namespace {

constexpr std::size_t kGranule = 64;
constexpr std::size_t kClasses = 64;  // frames up to 4 KiB
constexpr std::uint32_t kMaxFree = 512;

struct FreeFrame {
  FreeFrame* next;
};

struct FreeList {
  FreeFrame* head;
  std::uint32_t count;
};

// Trivial on purpose: no guard and no destructor stand between a coroutine and its memory.
constinit thread_local std::array<FreeList, kClasses> t_lists{};
constinit thread_local bool t_open = false;

/// Empties the lists when the thread ends; frames that outlive it go straight to the heap.
struct Cleanup {
  Cleanup() { t_open = true; }
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  ~Cleanup() {
    t_open = false;
    for (FreeList& list : t_lists) {
      while (list.head != nullptr) {
        FreeFrame* const frame = list.head;
        list.head = frame->next;
        ::operator delete(frame);
      }
      list.count = 0;
    }
  }
};

void* allocate_new(std::size_t index) {
  thread_local const Cleanup cleanup;
  static_cast<void>(cleanup);
  return ::operator new((index + 1) * kGranule);
}

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = (size - 1) / kGranule;
  if (index >= kClasses) {
    return ::operator new(size);
  }
  FreeList& list = t_lists[index];
  FreeFrame* const frame = list.head;
  if (frame == nullptr) {
    return allocate_new(index);
  }
  list.head = frame->next;
  --list.count;
  return frame;
}

void release_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / kGranule;
  if (index >= kClasses || !t_open || t_lists[index].count >= kMaxFree) {
    ::operator delete(frame);
    return;
  }
  FreeList& list = t_lists[index];
  auto* const node = static_cast<FreeFrame*>(frame);
  node->next = list.head;
  list.head = node;
  ++list.count;
}

#endif

}  // namespace penstock::net
