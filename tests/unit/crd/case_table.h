#pragma once
// The tables under tests/unit/crd/cases: objects with the words that the API server has for them.

#include <memory>
#include <string>
#include <vector>

#include "json/value.h"

namespace penstock::crd::testing {

struct Case {
  std::string file;
  std::string name;
  std::shared_ptr<const json::Value> object;
  std::shared_ptr<const json::Value> old_object;  ///< null: a create
  std::vector<std::string> errors;                ///< sorted; empty: accepted
};

/// Every case of every table. Throws when a table cannot be read: then no test means anything.
[[nodiscard]] std::vector<Case> read_cases();

}  // namespace penstock::crd::testing
