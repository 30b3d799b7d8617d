#include "app/gateway/snapshot_files.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "gateway/snapshot/document_json.h"
#include "gateway/snapshot/packing.h"

namespace penstock::app::gateway_role {
namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return ::fsync(fd) == 0;
}

}  // namespace

Result<SnapshotPtr> read_snapshot(std::string_view bytes) {
  PENSTOCK_TRY(text, gateway::snapshot::unpack(bytes));
  PENSTOCK_TRY(document, gateway::snapshot::read_document(text));
  return gateway::snapshot::Snapshot::compile(std::move(document));
}

Result<SnapshotPtr> read_snapshot_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) {
    return fail(Code::kNotFound, "cannot read " + file.string() + ": " + reason());
  }
  if (bytes.empty()) {
    return fail(Code::kNotFound, file.string() + " is missing or empty");
  }
  auto snapshot = read_snapshot(bytes);
  if (!snapshot) {
    return fail(std::move(snapshot.error()).with_context(file.string()));
  }
  return snapshot;
}

Result<> keep_copy(const std::filesystem::path& file, const gateway::snapshot::Document& document) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const std::string next = file.string() + ".next";
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(Code::kUnavailable, "cannot write " + next + ": " + reason());
  }
  const bool written = write_all(fd, gateway::snapshot::write_document(document));
  ::close(fd);
  if (!written || ::rename(next.c_str(), file.c_str()) != 0) {
    return fail(Code::kUnavailable, "cannot write " + file.string() + ": " + reason());
  }
  return {};
}

}  // namespace penstock::app::gateway_role
