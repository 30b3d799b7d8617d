#include "case_table.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "json/yaml.h"

namespace penstock::crd::testing {
namespace {

// merge_patch removes what is null; a null for a field that the base lacks is meant as a null in
// the object.
void add_nulls(json::Value& target, const json::Value& base, const json::Value& patch) {
  if (!patch.is_object() || !target.is_object()) {
    return;
  }
  for (const auto& [key, value] : patch.items()) {
    const bool in_base = base.is_object() && base.contains(key);
    if (value.is_null() && !in_base) {
      target[key] = nullptr;
    } else if (target.contains(key)) {
      add_nulls(target[key], in_base ? base.at(key) : json::Value(), value);
    }
  }
}

std::shared_ptr<const json::Value> patched(const json::Value& base, const json::Value& patch) {
  json::Value out = base;
  out.merge_patch(patch);
  add_nulls(out, base, patch);
  return std::make_shared<const json::Value>(std::move(out));
}

}  // namespace

std::vector<Case> read_cases() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(PENSTOCK_SOURCE_DIR "/tests/unit/crd/cases")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Case> out;
  for (const auto& path : paths) {
    const auto stream = json::read_yaml_file(path.string());
    if (!stream || !stream->check() || stream->documents.size() != 1) {
      throw std::runtime_error("cannot read " + path.string());
    }
    const json::Value& table = *stream->documents.front().value;
    for (const json::Value& row : table.at("cases")) {
      Case each;
      each.file = path.filename().string();
      each.name = row.at("name").get<std::string>();
      each.object = patched(table.at("base"), row.value("patch", json::Value::object()));
      if (row.contains("old")) {
        each.old_object = patched(table.at("base"), row.at("old"));
      }
      each.errors = row.value("errors", std::vector<std::string>());
      std::sort(each.errors.begin(), each.errors.end());
      out.push_back(std::move(each));
    }
  }
  return out;
}

}  // namespace penstock::crd::testing
