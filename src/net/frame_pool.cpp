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

class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (Class& slot : classes_) {
      while (slot.head != nullptr) {
        ::operator delete(pop(slot));
      }
    }
    gone_ = true;
  }

  void* take(std::size_t index) {
    Class& slot = classes_[index];
    if (slot.head == nullptr || gone_) {
      return ::operator new((index + 1) * kGranule);
    }
    return pop(slot);
  }

  void give(void* frame, std::size_t index) noexcept {
    Class& slot = classes_[index];
    if (gone_ || slot.count >= kMaxFree) {
      ::operator delete(frame);
      return;
    }
    auto* node = static_cast<FreeFrame*>(frame);
    node->next = slot.head;
    slot.head = node;
    ++slot.count;
  }

 private:
  struct Class {
    FreeFrame* head = nullptr;
    std::uint32_t count = 0;
  };

  static void* pop(Class& slot) {
    FreeFrame* node = slot.head;
    slot.head = node->next;
    --slot.count;
    return node;
  }

  std::array<Class, kClasses> classes_{};
  bool gone_ = false;  // frames that outlive their thread's pool go straight to the heap
};

FramePool& pool() {
  thread_local FramePool instance;
  return instance;
}

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = (size - 1) / kGranule;
  return index < kClasses ? pool().take(index) : ::operator new(size);
}

void release_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / kGranule;
  if (index < kClasses) {
    pool().give(frame, index);
  } else {
    ::operator delete(frame);
  }
}

#endif

}  // namespace penstock::net
