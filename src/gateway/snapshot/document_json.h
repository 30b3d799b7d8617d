#pragma once
// A Document as JSON, for a gateway's disk and for the stream that brings it. Every field is
// written, secrets included: whoever stores the text protects it. Example: document_json_test.cpp.

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/snapshot/document.h"

namespace penstock::gateway::snapshot {

/// One line; equal documents give equal text.
[[nodiscard]] std::string write_document(const Document& document);

/// kInvalid names the JSON path. Unknown fields are ignored: a newer controller may talk to an
/// older gateway. Absent fields keep their default.
[[nodiscard]] Result<Document> read_document(std::string_view text);

/// What Document::version should say: a hash of everything but the version itself.
[[nodiscard]] std::string content_version(const Document& document);

}  // namespace penstock::gateway::snapshot
