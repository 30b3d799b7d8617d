#pragma once
// One embeddings call: its prefill in the model, then its vectors. Knows the model and one
// exchange.

#include "engine/core.h"
#include "engine/request.h"
#include "net/exchange.h"

namespace penstock::engine {

/// Answers; the error is the caller's to answer. `context.model` is the name to answer with.
[[nodiscard]] net::Task<ApiResult<void>> serve_embedding(Core& core, net::Exchange& exchange,
                                                         EmbeddingRequest request,
                                                         AnswerContext context);

}  // namespace penstock::engine
