#include "engine/core.h"

#include <algorithm>

namespace penstock::engine {

const std::string* Core::served(const std::string& name) const {
  const auto& names = options.served_names;
  if (name.empty()) {
    return &names.front();
  }
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? nullptr : &*found;
}

ModelCard Core::card() const {
  return {.names = options.served_names,
          .root = options.model,
          .created = created,
          .max_model_len = engine.config().max_model_len};
}

}  // namespace penstock::engine
