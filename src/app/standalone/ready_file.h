#pragma once
// The file that tells a script where the gateway serves and with which key. Knows its format only.

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace penstock::app::standalone {

/// {"url":…,"apiKey":…}, in one step (rename), readable by its owner only. An empty key is written
/// as "".
[[nodiscard]] Result<> write_ready_file(const std::filesystem::path& file, std::string_view url,
                                        const Secret& api_key);

}  // namespace penstock::app::standalone
