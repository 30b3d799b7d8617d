#include "net/input.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace penstock::net {

void Input::consume(std::size_t count) noexcept {
  begin_ += count;
  if (begin_ == end_ && !reading_) {
    begin_ = end_ = 0;
  }
}

void Input::reserve(std::size_t total) {
  const std::size_t used = end_ - begin_;
  if (data_ && capacity_ - begin_ >= total &&
      room() >= std::min<std::size_t>(capacity_ / 4, 2048)) {
    return;
  }
  if (data_ && capacity_ >= total && capacity_ - used >= capacity_ / 4) {
    std::memmove(data_.get(), data_.get() + begin_, used);
  } else {
    std::size_t capacity = capacity_;
    while (capacity < total + 512 || (data_ && capacity - used < capacity / 4)) {
      capacity *= 2;
    }
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
    if (used > 0) {
      std::memcpy(bigger.get(), data_.get() + begin_, used);
    }
    data_ = std::move(bigger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
}

void Input::take(IoResult result) noexcept {
  if (result.status == IoStatus::kOk) {
    end_ += result.bytes;
  } else {
    status_ = result.status;
  }
}

void Input::start() {
  if (reading_ || status_ != IoStatus::kOk || room() == 0) {
    return;
  }
  const auto done = stream_.start_read({data_.get() + end_, room()}, *this);
  if (done) {
    take(*done);
  } else {
    reading_ = true;
  }
}

void Input::watch() {
  if (status_ != IoStatus::kOk) {
    return;
  }
  while (!reading_ && status_ == IoStatus::kOk && room() > 0) {
    start();
  }
  if (status_ != IoStatus::kOk && listener_ != nullptr) {
    listener_->input_ended(status_);
  }
}

void Input::complete(IoResult result) {
  reading_ = false;
  take(result);
  if (waiter_) {
    std::exchange(waiter_, {}).resume();
    return;
  }
  if (status_ == IoStatus::kOk) {
    if (listener_ == nullptr || listener_->input_arrived()) {
      watch();  // look out for the end, as far as there is room
    }
  } else if (listener_ != nullptr) {
    listener_->input_ended(status_);
  }
}

}  // namespace penstock::net
