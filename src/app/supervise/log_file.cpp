#include "app/supervise/log_file.h"

#include <fstream>
#include <system_error>

#include "base/log.h"

namespace penstock::app::supervise {

namespace fs = std::filesystem;

void rotate_if_larger(const fs::path& file, std::uintmax_t limit) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error || size <= limit) {
    return;
  }
  fs::path older = file;
  older += ".1";
  fs::copy_file(file, older, fs::copy_options::overwrite_existing, error);
  if (!error) {
    fs::resize_file(file, 0, error);
  }
  if (error) {
    log::warn("rotating a log file failed", {{"file", file.string()}, {"error", error.message()}});
  }
}

std::string last_lines(const fs::path& file, std::size_t lines, std::uintmax_t from) {
  constexpr std::uintmax_t kWindow = 8192;
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error || size == 0) {
    return {};
  }
  std::ifstream in(file, std::ios::binary);
  const auto begin = from > size ? 0 : from;
  const auto start = size - begin > kWindow ? size - kWindow : begin;
  in.seekg(static_cast<std::streamoff>(start));
  std::string tail(static_cast<std::size_t>(size - start), '\0');
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  tail.resize(static_cast<std::size_t>(in.gcount()));
  while (!tail.empty() && tail.back() == '\n') {
    tail.pop_back();
  }
  std::size_t cut = tail.size();
  for (std::size_t i = 0; i < lines && cut != std::string::npos && cut > 0; ++i) {
    cut = tail.rfind('\n', cut - 1);
  }
  return cut == std::string::npos || cut == 0 ? tail : tail.substr(cut + 1);
}

}  // namespace penstock::app::supervise
