#include "crd/validate.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "crd/defaults.h"
#include "crd/meta.h"
#include "crd/validate_parts.h"
#include "json/write.h"

namespace penstock::crd {
namespace {

std::string text_field(const json::Value& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string Violation::server_text() const {
  if (message.starts_with("unknown field")) {
    return message;
  }
  return path.empty() ? message : path + ": " + message;
}

std::string shown(const json::Value& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = json::write(value);
  if (text.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;
    }
    text.resize(end);
    text += "…";
  }
  return text;
}

Violations validate(const json::Value& object, const json::Value* old_object) {
  Violations out;
  if (!object.is_object()) {
    out.push_back({.message = "a manifest must be an object",
                   .remedy = "begin with apiVersion, kind and metadata",
                   .blocking = true});
    return out;
  }
  const std::string api_version = text_field(object, "apiVersion");
  const std::string kind = text_field(object, "kind");
  const KindInfo* info = find_kind(kind);
  if (info == nullptr || api_version != kApiVersion) {
    out.push_back(
        {.path = info == nullptr ? "kind" : "apiVersion",
         .pointer = info == nullptr ? "/kind" : "/apiVersion",
         .value = info == nullptr ? kind : api_version,
         .message = fmt::format("no matches for kind \"{}\" in version \"{}\"", kind, api_version),
         .remedy = fmt::format("use apiVersion {} and one of the kinds in docs/reference/api.md",
                               kApiVersion),
         .blocking = true});
    return out;
  }
  json::Value filled = object;
  apply_defaults(filled, *info->schema);
  check_metadata(filled, *info, out);
  check_schema(filled, *info->schema, {}, out);
  if (std::any_of(out.begin(), out.end(), [](const Violation& each) { return each.blocking; })) {
    return out;
  }
  if (old_object == nullptr) {
    check_rules(filled, nullptr, *info->schema, {}, out);
    return out;
  }
  json::Value old_filled = *old_object;
  apply_defaults(old_filled, *info->schema);
  check_rules(filled, &old_filled, *info->schema, {}, out);
  return out;
}

}  // namespace penstock::crd
