#pragma once
// The one JSON value type, by its short name. Headers include only this forward declaration; files
// that look inside a value include <nlohmann/json.hpp> themselves (about two seconds of compile
// time each).

#include <nlohmann/json_fwd.hpp>

namespace penstock::json {

using Value = nlohmann::json;

}  // namespace penstock::json
