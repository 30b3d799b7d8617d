#include "net/memory_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace penstock::net {

void MemoryPeer::send(std::string_view piece) {
  if (!piece.empty()) {
    pieces_.emplace_back(piece);
    deliver();
  }
}

void MemoryPeer::send_bytewise(std::string_view text) {
  for (const char c : text) {
    send({&c, 1});
  }
}

void MemoryPeer::finish() {
  end_ = IoStatus::kEof;
  deliver();
}

void MemoryPeer::reset() {
  end_ = IoStatus::kReset;
  deliver();
}

std::string MemoryPeer::take_received() {
  return std::exchange(received_, {});
}

void MemoryPeer::stop_taking() {
  taking_ = false;
}

void MemoryPeer::start_taking() {
  taking_ = true;
  received_ += std::exchange(held_, {});
  if (IoOp* op = std::exchange(write_op_, nullptr)) {
    loop_.post([op] { op->complete({IoStatus::kOk, 0}); });
  }
}

std::optional<IoResult> MemoryPeer::try_read(std::span<char> into) {
  if (closed_) {
    return IoResult{IoStatus::kCancelled, 0};
  }
  if (pieces_.empty()) {
    return end_ == IoStatus::kOk ? std::nullopt : std::optional(IoResult{end_, 0});
  }
  std::string& piece = pieces_.front();
  const std::size_t count = std::min(piece.size(), into.size());
  std::memcpy(into.data(), piece.data(), count);
  piece.erase(0, count);
  if (piece.empty()) {
    pieces_.pop_front();
  }
  return IoResult{IoStatus::kOk, count};
}

/// Completes a waiting read from the loop, as a socket would.
void MemoryPeer::deliver() {
  if (read_op_ == nullptr) {
    return;
  }
  loop_.post([self = self_.lock()] {
    if (self->read_op_ == nullptr) {
      return;
    }
    if (const auto result = self->try_read(self->into_)) {
      std::exchange(self->read_op_, nullptr)->complete(*result);
    }
  });
}

MemoryStream::Pair MemoryStream::make(Loop& loop) {
  std::shared_ptr<MemoryPeer> peer(new MemoryPeer(loop));
  peer->self_ = peer;
  return {std::unique_ptr<ByteStream>(new MemoryStream(peer)), peer};
}

std::optional<IoResult> MemoryStream::start_read(std::span<char> into, IoOp& op) {
  peer_->into_ = into;
  peer_->read_op_ = &op;
  peer_->deliver();
  return std::nullopt;
}

std::optional<IoResult> MemoryStream::start_write(std::span<const std::string_view> buffers,
                                                  IoOp& op) {
  if (peer_->closed_) {
    return IoResult{IoStatus::kCancelled, 0};
  }
  if (peer_->end_ == IoStatus::kReset && peer_->pieces_.empty()) {
    return IoResult{IoStatus::kReset, 0};
  }
  ++peer_->writes_;
  std::string& into = peer_->taking_ ? peer_->received_ : peer_->held_;
  for (const std::string_view buffer : buffers) {
    into += buffer;
  }
  if (peer_->taking_) {
    return IoResult{};
  }
  peer_->write_op_ = &op;
  return std::nullopt;
}

void MemoryStream::shutdown_write() {
  peer_->write_ended_ = true;
}

void MemoryStream::close() {
  if (std::exchange(peer_->closed_, true)) {
    return;
  }
  peer_->write_ended_ = true;
  peer_->deliver();
  if (IoOp* op = std::exchange(peer_->write_op_, nullptr)) {
    peer_->loop_.post([op] { op->complete({IoStatus::kCancelled, 0}); });
  }
}

}  // namespace penstock::net
