#include "scaling/planner/model_shape.h"

#include <algorithm>

#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {

std::uint64_t embedding_parameters(const ModelShape& shape) {
  const std::uint64_t matrices = shape.tied_embeddings ? 1 : 2;
  return std::min(times(shape.vocabulary, shape.hidden_size, matrices), shape.parameters);
}

}  // namespace penstock::scaling::planner
