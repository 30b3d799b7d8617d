#pragma once
// A connection's input: one contiguous buffer and at most one read outstanding into its free tail.
// Knows no protocol; the HTTP server and client connections parse what it holds in place.
//
// A read may stay outstanding while others look at the bytes that have arrived: it only writes
// behind them. That is how a server notices that its client has left while a handler is still at
// work. Bytes move only in reserve(), and only when no read is outstanding.
//
// Beyond the last byte there are always kPadding allocated bytes, so that simdjson may parse in
// place.

#include <coroutine>
#include <cstddef>
#include <memory>
#include <string_view>

#include "net/byte_stream.h"

namespace penstock::net {

class Input final : private IoOp {
 public:
  static constexpr std::size_t kPadding = 64;

  /// Told of reads that nobody awaits.
  class Listener {
   public:
    /// The stream has ended. Once.
    virtual void input_ended(IoStatus status) = 0;
    /// Bytes have arrived. False: stop reading, the input may be gone by now.
    virtual bool input_arrived() { return true; }

   protected:
    ~Listener() = default;
  };

  Input(ByteStream& stream, std::size_t initial_capacity)
      : stream_(stream), capacity_(initial_capacity) {}
  void set_listener(Listener* listener) { listener_ = listener; }

  [[nodiscard]] std::string_view view() const noexcept {
    return {data_.get() + begin_, end_ - begin_};
  }
  [[nodiscard]] char* data() noexcept { return data_.get() + begin_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  void consume(std::size_t count) noexcept;
  /// Forgets the last `count` bytes (they were decoded in place and moved together).
  void drop_tail(std::size_t count) noexcept { end_ -= count; }

  /// Not kOk once the stream has ended; bytes may still be there.
  [[nodiscard]] IoStatus status() const noexcept { return status_; }
  [[nodiscard]] bool reading() const noexcept { return reading_; }
  [[nodiscard]] std::size_t room() const noexcept { return data_ ? capacity_ - end_ : 0; }

  /// Makes the buffer able to hold `total` bytes from view()'s start, and some more room; moves
  /// bytes if it must. No read may be outstanding.
  void reserve(std::size_t total);

  /// Starts a read if the stream is open, there is room and none is outstanding.
  void start();
  /// Keeps a read outstanding while there is room, awaited or not; the listener hears of the end.
  void watch();

  /// Resumes when the outstanding read has ended; at once if there is none.
  struct Changed {
    Input& input;
    [[nodiscard]] bool await_ready() const noexcept { return !input.reading_; }
    void await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      input.waiter_ = awaiting;
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] Changed changed() noexcept { return Changed{*this}; }

 private:
  void complete(IoResult result) override;
  void take(IoResult result) noexcept;

  ByteStream& stream_;
  Listener* listener_ = nullptr;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;
  IoStatus status_ = IoStatus::kOk;
  std::coroutine_handle<> waiter_;
};

}  // namespace penstock::net
