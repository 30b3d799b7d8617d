#include "controller/child/metadata.h"

#include <nlohmann/json.hpp>

namespace penstock::controller::child {

json::Value new_child(std::string_view api_version, std::string_view kind, const std::string& name,
                      const Owner& owner, const Labels& labels) {
  return {{"apiVersion", api_version},
          {"kind", kind},
          {"metadata",
           {{"name", name},
            {"namespace", owner.metadata.namespace_},
            {"labels", labels},
            {"ownerReferences", json::Value::array({{{"apiVersion", crd::kApiVersion},
                                                     {"kind", owner.kind},
                                                     {"name", owner.metadata.name},
                                                     {"uid", owner.metadata.uid},
                                                     {"controller", true},
                                                     {"blockOwnerDeletion", true}}})}}}};
}

std::string selector_text(const Labels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) {
    out += (out.empty() ? "" : ",") + key + "=" + value;
  }
  return out;
}

}  // namespace penstock::controller::child
