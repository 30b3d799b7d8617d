#pragma once
// Lines from many threads to one descriptor, written by a thread of its own so that nobody else
// waits for a disk or a pipe. Knows nothing of what the lines say.
//
// Each source appends to a lane of its own (a lock that only the writer contends, ten times a
// second). A lane is bounded: when the descriptor does not keep up, lines are dropped and counted,
// never waited for.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace penstock::telemetry {

class LineWriter {
 public:
  static constexpr std::size_t kMostPending = 4U << 20U;  ///< bytes per lane

  class Lane {
   public:
    /// `line` with its line end.
    void append(std::string_view line);
    [[nodiscard]] std::uint64_t dropped() const;

   private:
    friend class LineWriter;
    mutable std::mutex mutex_;
    std::string pending_;        // guarded by mutex_
    std::uint64_t dropped_ = 0;  // guarded by mutex_
  };

  /// The descriptor stays the caller's and must outlive the writer.
  explicit LineWriter(int descriptor);
  ~LineWriter();  ///< writes what is pending
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Valid as long as the writer.
  [[nodiscard]] Lane& lane();

 private:
  void run();
  void write_all();

  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                     // guarded by mutex_
  std::vector<std::unique_ptr<Lane>> lanes_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace penstock::telemetry
