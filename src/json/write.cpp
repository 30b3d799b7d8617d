#include "json/write.h"

#include <nlohmann/json.hpp>

namespace penstock::json {

std::string write(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

std::string write_pretty(const Value& value) {
  return value.dump(2, ' ', false, Value::error_handler_t::replace) + "\n";
}

}  // namespace penstock::json
