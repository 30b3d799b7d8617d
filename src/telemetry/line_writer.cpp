#include "telemetry/line_writer.h"

#include <cerrno>
#include <chrono>
#include <unistd.h>

namespace penstock::telemetry {

void LineWriter::Lane::append(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  if (pending_.size() + line.size() > kMostPending) {
    ++dropped_;
    return;
  }
  pending_ += line;
}

std::uint64_t LineWriter::Lane::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

LineWriter::LineWriter(int descriptor) : descriptor_(descriptor), thread_([this] { run(); }) {}

LineWriter::~LineWriter() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

LineWriter::Lane& LineWriter::lane() {
  const std::scoped_lock lock(mutex_);
  return *lanes_.emplace_back(std::make_unique<Lane>());
}

void LineWriter::run() {
  constexpr std::chrono::milliseconds kEvery{100};
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      last = changed_.wait_for(lock, kEvery, [this] { return stopping_; });
    }
    write_all();
  }
}

void LineWriter::write_all() {
  std::string batch;
  for (std::size_t i = 0;; ++i) {
    Lane* lane = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      if (i >= lanes_.size()) {
        return;
      }
      lane = lanes_[i].get();
    }
    batch.clear();
    {
      const std::scoped_lock lock(lane->mutex_);
      batch.swap(lane->pending_);
    }
    std::string_view rest = batch;
    while (!rest.empty()) {
      const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written <= 0) {
        break;  // nobody reads: these lines are lost, the gateway goes on
      }
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
}

}  // namespace penstock::telemetry
