#include "app/standalone/options.h"

#include <charconv>

namespace penstock::app::standalone {

Result<ListenAddress> parse_listen(std::string_view flag, std::string_view text) {
  const auto wrong = [&] {
    return fail(Code::kInvalid,
                std::string(flag) + " \"" + std::string(text) +
                    "\" is not ADDRESS:PORT; write for example 127.0.0.1:8080, :8080 or "
                    "[::1]:8080");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return wrong();
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port > 65'535) {
    return wrong();
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();
  }
  if (host.empty()) {
    host = "0.0.0.0";
  } else if (host == "localhost") {
    host = "127.0.0.1";
  }
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace penstock::app::standalone
