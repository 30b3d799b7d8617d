// Names and labels, in the words of apimachinery's validation.
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "crd/pattern.h"
#include "crd/suggest.h"
#include "crd/validate_parts.h"
#include "json/write.h"

namespace penstock::crd {
namespace {

constexpr std::array<std::string_view, 15> kMetadataFields{"name",
                                                           "generateName",
                                                           "namespace",
                                                           "selfLink",
                                                           "uid",
                                                           "labels",
                                                           "annotations",
                                                           "resourceVersion",
                                                           "generation",
                                                           "creationTimestamp",
                                                           "finalizers",
                                                           "ownerReferences",
                                                           "managedFields",
                                                           "deletionTimestamp",
                                                           "deletionGracePeriodSeconds"};

constexpr std::string_view kSubdomain =
    R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)";
constexpr std::string_view kSubdomainWords =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabelValue = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";
constexpr std::string_view kLabelValueWords =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

class MetadataCheck {
 public:
  MetadataCheck(const json::Value& metadata, Violations& out) : metadata_(metadata), out_(out) {}

  void unknown_fields() {
    for (const auto& [key, value] : metadata_.items()) {
      if (std::find(kMetadataFields.begin(), kMetadataFields.end(), key) == kMetadataFields.end()) {
        const std::string_view close = nearest(key, kMetadataFields);
        add(key, value, fmt::format("unknown field \"metadata.{}\"", key),
            close.empty() ? "remove it" : fmt::format("did you mean \"{}\"?", close));
      }
    }
  }

  void name() {
    const json::Value* name = string_field("name");
    if (name == nullptr) {
      if (!metadata_.contains("generateName") && !metadata_.contains("name")) {
        out_.push_back({.path = "metadata.name",
                        .pointer = "/metadata/name",
                        .message = "Required value: name or generateName is required",
                        .remedy = "give the object a name"});
      }
      return;
    }
    constexpr std::size_t kLongest = 253;
    const auto& text = name->get_ref<const std::string&>();
    if (text.size() > kLongest || !pattern_matches(kSubdomain, text)) {
      add("name", *name, fmt::format("Invalid value: {}: {}", json::write(*name), kSubdomainWords),
          "use lower-case letters, digits, - and . only");
    }
  }

  void name_space(const KindInfo& kind) {
    const json::Value* value = string_field("namespace");
    if (value != nullptr && !kind.namespaced && !value->get_ref<const std::string&>().empty()) {
      add("namespace", *value, "Forbidden: not allowed on this type",
          fmt::format("a {} belongs to the whole cluster; remove namespace", kind.kind));
    }
  }

  void map_of_strings(const char* field) {
    const auto found = metadata_.find(field);
    if (found == metadata_.end() || found->is_null()) {
      return;
    }
    if (!found->is_object()) {
      add(field, *found, "Invalid value: must be an object", "write key: value pairs");
      return;
    }
    for (const auto& [key, value] : found->items()) {
      const std::string where = fmt::format("{}.{}", field, key);
      if (!value.is_string()) {
        out_.push_back({.path = "metadata." + where,
                        .pointer = json::pointer_to(json::pointer_to("/metadata", field), key),
                        .value = shown(value),
                        .message = fmt::format("Invalid value: {}: must be a string", shown(value)),
                        .remedy = "put it in quotes",
                        .blocking = true});
      } else if (std::string_view(field) == "labels" &&
                 !pattern_matches(kLabelValue, value.get_ref<const std::string&>())) {
        out_.push_back(
            {.path = "metadata.labels",
             .pointer = json::pointer_to("/metadata/labels", key),
             .value = shown(value),
             .message = fmt::format("Invalid value: {}: {}", json::write(value), kLabelValueWords),
             .remedy = "use letters, digits, -, _ and . only, or an annotation for free text"});
      }
    }
  }

 private:
  const json::Value* string_field(const char* field) {
    const auto found = metadata_.find(field);
    if (found == metadata_.end() || found->is_null()) {
      return nullptr;
    }
    if (!found->is_string()) {
      add(field, *found, fmt::format("Invalid value: {}: must be a string", shown(*found)),
          "put it in quotes");
      out_.back().blocking = true;
      return nullptr;
    }
    return &*found;
  }

  void add(const std::string& field, const json::Value& value, std::string message,
           std::string remedy) {
    out_.push_back({.path = "metadata." + field,
                    .pointer = json::pointer_to("/metadata", field),
                    .value = shown(value),
                    .message = std::move(message),
                    .remedy = std::move(remedy)});
  }

  const json::Value& metadata_;
  Violations& out_;
};

}  // namespace

void check_metadata(const json::Value& object, const KindInfo& kind, Violations& out) {
  const auto found = object.find("metadata");
  const json::Value none = json::Value::object();
  if (found != object.end() && !found->is_object() && !found->is_null()) {
    return;  // check_schema reports the type
  }
  MetadataCheck check(found == object.end() || found->is_null() ? none : *found, out);
  check.unknown_fields();
  check.name();
  check.name_space(kind);
  check.map_of_strings("labels");
  check.map_of_strings("annotations");
}

}  // namespace penstock::crd
