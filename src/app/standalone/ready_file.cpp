#include "app/standalone/ready_file.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include "base/log.h"

namespace penstock::app::standalone {

Result<> write_ready_file(const std::filesystem::path& file, std::string_view url,
                          const Secret& api_key) {
  std::string text = "{\"url\":";
  log::append_json_string(text, url);
  text += ",\"apiKey\":";
  log::append_json_string(text, api_key.reveal());
  text += "}\n";
  const std::string temporary = file.string() + "." + std::to_string(getpid()) + ".tmp";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int reason = errno;
  if (fd >= 0) {
    ::close(fd);
  }
  good = good && ::rename(temporary.c_str(), file.c_str()) == 0;
  if (!good) {
    ::unlink(temporary.c_str());
    return fail(Code::kUnavailable,
                "cannot write --ready-file " + file.string() + ": " +
                    std::generic_category().message(reason != 0 ? reason : errno));
  }
  return {};
}

}  // namespace penstock::app::standalone
