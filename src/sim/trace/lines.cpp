#include "sim/trace/lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <zlib.h>

namespace penstock::sim {
namespace {

constexpr std::size_t kChunk = 256U << 10U;

gzFile opened(const std::string& path) {
  errno = 0;
  return gzopen(path.c_str(), "rb");  // reads plain files as they are
}

std::unexpected<Error> cannot_open(const std::string& path) {
  const int reason = errno;
  return fail(reason == ENOENT ? Code::kNotFound : Code::kUnavailable,
              path + ": cannot be opened (" +
                  (reason == 0 ? std::string("out of memory") : std::strerror(reason)) +
                  "); give the path of a readable file");
}

std::unexpected<Error> cannot_read(const std::string& path, gzFile file) {
  int code = 0;
  const char* text = gzerror(file, &code);
  return fail(Code::kInvalid, path + ": cannot be read (" +
                                  (code == Z_ERRNO ? std::strerror(errno) : text) +
                                  "); if it is a gzip file, fetch it again");
}

}  // namespace

void LineReader::Close::operator()(gzFile_s* file) const {
  gzclose(file);
}

LineReader::LineReader(std::string path, std::unique_ptr<gzFile_s, Close> file)
    : path_(std::move(path)), file_(std::move(file)), buffer_(kChunk) {}

Result<LineReader> LineReader::open(const std::string& path) {
  std::unique_ptr<gzFile_s, Close> file(opened(path));
  if (!file) {
    return cannot_open(path);
  }
  return LineReader(path, std::move(file));
}

Result<bool> LineReader::fill() {
  if (over_) {
    return false;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= kLongestLine) {
      return fail(Code::kTooLarge, path_ + ", line " + std::to_string(line_ + 1) +
                                       ": longer than " + std::to_string(kLongestLine) +
                                       " bytes; a trace has one call per line");
    }
    buffer_.resize(buffer_.size() * 2);
  }
  const int got =
      gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
  if (got < 0) {
    return cannot_read(path_, file_.get());
  }
  if (got == 0) {
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END) {  // a gzip file that stops in the middle
      return cannot_read(path_, file_.get());
    }
    over_ = true;
  }
  end_ += static_cast<std::size_t>(got);
  return got > 0;
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = begin_;
  while (true) {
    const void* found =
        end_ > searched ? std::memchr(buffer_.data() + searched, '\n', end_ - searched) : nullptr;
    if (found != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      std::string_view line(buffer_.data() + begin_, at - begin_);
      begin_ = at + 1;
      ++line_;
      if (line.ends_with('\r')) {
        line.remove_suffix(1);
      }
      return line;
    }
    const std::size_t kept = end_ - begin_;
    PENSTOCK_TRY(more, fill());
    if (!more) {
      if (kept == 0) {
        return std::nullopt;
      }
      std::string_view line(buffer_.data() + begin_, kept);
      begin_ = end_;
      ++line_;
      return line;
    }
    searched = begin_ + kept;
  }
}

std::unexpected<Error> LineReader::wrong(std::size_t column, const std::string& what) const {
  std::string where = path_ + ", line " + std::to_string(line_);
  if (column > 0) {
    where += ", column " + std::to_string(column);
  }
  return fail(Code::kInvalid, where + ": " + what);
}

Result<std::string> read_text(const std::string& path, std::size_t most) {
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(opened(path));
  if (!file) {
    return cannot_open(path);
  }
  std::string text;
  std::vector<char> chunk(kChunk);
  while (true) {
    const int got = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    if (got < 0) {
      return cannot_read(path, file.get());
    }
    if (got == 0) {
      return text;
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > most) {
      return fail(Code::kTooLarge,
                  path + ": larger than " + std::to_string(most) + " bytes; is it the right file?");
    }
  }
}

}  // namespace penstock::sim
