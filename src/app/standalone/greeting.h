#pragma once
// What a person reads once the gateway serves: where, which models, and one command to paste. Pure
// text.

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace penstock::app::standalone {

struct Served {
  std::string url;  ///< without a slash at the end
  Secret api_key;   ///< empty = no consumer has a key
  std::vector<std::string> chat_models;
  std::vector<std::string> embedding_models;
};

/// The address a client on this machine uses for a listener: 0.0.0.0 and :: become loopback.
[[nodiscard]] std::string client_url(std::string_view address, unsigned port, bool tls);

[[nodiscard]] std::string greeting(const Served& served);

/// `text` inside single quotes, as a POSIX shell reads it back.
[[nodiscard]] std::string shell_quoted(std::string_view text);

}  // namespace penstock::app::standalone
