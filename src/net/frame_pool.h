#pragma once
// Memory for coroutine frames: a free list per size class and thread, so that a steady flow of
// calls does not touch malloc. Knows nothing of coroutines. Under AddressSanitizer it is plain new
// and delete, so that a use after free is still found.

#include <cstddef>

namespace penstock::net {

[[nodiscard]] void* allocate_frame(std::size_t size);
void release_frame(void* frame, std::size_t size) noexcept;

}  // namespace penstock::net
