#pragma once
// A conversation as one token sequence, as a chat template would write it. Knows messages as JSON;
// must not know sampling. A conversation that goes on is an extension of itself, token for token,
// so that the prefix cache sees what it would see in a real engine.

#include <vector>

#include "engine/body_fields.h"
#include "engine/tokenizer.h"

namespace penstock::engine {

/// Reads "messages" (and "tools", whose text costs tokens too). Content may be text, parts, or
/// null.
[[nodiscard]] std::vector<TokenId> chat_prompt(BodyFields& fields);

}  // namespace penstock::engine
