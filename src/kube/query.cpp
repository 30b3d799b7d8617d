#include "kube/query.h"

#include "kube/resource.h"

namespace penstock::kube {

Query& Query::add(std::string_view name, std::string_view value) {
  if (!value.empty()) {
    text_ += text_.empty() ? '?' : '&';
    text_ += name;
    text_ += '=';
    text_ += encode_component(value);
  }
  return *this;
}

}  // namespace penstock::kube
