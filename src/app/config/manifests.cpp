#include "app/config/manifests.h"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "json/pointer.h"

namespace penstock::app::config {
namespace {

constexpr std::string_view kKept = " (its last good version stays in force)";

std::optional<std::string> text_at(const json::Value& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string() ||
      found->get_ref<const std::string&>().empty()) {
    return std::nullopt;
  }
  return found->get<std::string>();
}

std::optional<ObjectKey> identify(const json::Value& value) {
  if (!value.is_object()) {
    return std::nullopt;
  }
  const auto kind = text_at(value, "kind");
  const auto metadata = value.find("metadata");
  if (!kind || metadata == value.end() || !metadata->is_object()) {
    return std::nullopt;
  }
  const auto name = text_at(*metadata, "name");
  if (!name) {
    return std::nullopt;
  }
  return ObjectKey{*kind, text_at(*metadata, "namespace").value_or("default"), *name};
}

/// `kubectl get -o yaml` writes several objects as one List: each item as a document of its own.
std::vector<json::YamlDocument> items_of(const json::YamlDocument& document) {
  const json::Value& value = *document.value;
  std::vector<json::YamlDocument> out;
  if (!value.is_object() || text_at(value, "kind") != "List" || !value.contains("items") ||
      !value["items"].is_array()) {
    return out;
  }
  for (std::size_t i = 0; i < value["items"].size(); ++i) {
    const std::string prefix = json::pointer_to("/items", i);
    json::YamlDocument item;
    item.value = std::make_shared<json::Value>(value["items"][i]);
    item.file = document.file;
    item.line = document.line_of(prefix);
    for (const auto& [pointer, line] : document.lines) {
      if (pointer.starts_with(prefix + "/")) {
        item.lines.emplace(pointer.substr(prefix.size()), line);
      }
    }
    out.push_back(std::move(item));
  }
  return out;
}

class Merge {
 public:
  Merge(const Manifests& previous, const Check& check) : previous_(previous), check_(check) {}

  void add_file(const json::YamlStream& file) {
    for (const auto& problem : file.problems) {
      out_.complaints.push_back({file.file, problem.line, problem.message});
      unsure_.insert(file.file);
    }
    for (const auto& document : file.documents) {
      add_document(document);
    }
  }

  /// What an unreadable part of a file may still contain stays.
  Manifests finish() {
    for (const auto& [key, manifest] : previous_.objects) {
      if (unsure_.contains(manifest.document->file) && !seen_.contains(key)) {
        out_.objects.emplace(key, manifest);
      }
    }
    return std::move(out_);
  }

 private:
  void add_document(const json::YamlDocument& document) {
    if (const auto items = items_of(document); !items.empty()) {
      for (const auto& item : items) {
        add_object(item);
      }
      return;
    }
    add_object(document);
  }

  void add_object(const json::YamlDocument& document) {
    const auto key = identify(*document.value);
    if (!key) {
      complain(document, "",
               "not a Kubernetes object: it needs apiVersion, kind and metadata.name");
      unsure_.insert(document.file);
      return;
    }
    const auto [first, is_new] =
        seen_.try_emplace(*key, document.file + ":" + std::to_string(document.line));
    if (!is_new) {
      complain(document, "",
               to_string(*key) + " is defined twice, first at " + first->second +
                   "; remove one of them or give it another name");
      keep_last_good(*key);
      return;
    }
    const auto findings = check_(*key, *document.value);
    if (findings.empty()) {
      out_.objects.insert_or_assign(*key,
                                    Manifest{*key, std::make_shared<json::YamlDocument>(document)});
      return;
    }
    const bool kept = previous_.objects.contains(*key);
    for (const auto& finding : findings) {
      complain(document, finding.pointer,
               to_string(*key) + ": " + finding.message + std::string(kept ? kKept : ""));
    }
    keep_last_good(*key);
  }

  void keep_last_good(const ObjectKey& key) {
    const auto found = previous_.objects.find(key);
    if (found != previous_.objects.end()) {
      out_.objects.insert_or_assign(key, found->second);
    }
  }

  void complain(const json::YamlDocument& document, std::string_view pointer, std::string message) {
    out_.complaints.push_back({document.file, document.line_of(pointer), std::move(message)});
  }

  const Manifests& previous_;
  const Check& check_;
  Manifests out_;
  std::map<ObjectKey, std::string> seen_;  ///< where first
  std::set<std::string> unsure_;           ///< files with a part that cannot be told
};

}  // namespace

std::string to_string(const ObjectKey& key) {
  return key.kind + " " + key.name_space + "/" + key.name;
}

std::string to_string(const Complaint& complaint) {
  return complaint.file + ":" + std::to_string(complaint.line) + ": " + complaint.message;
}

Manifests merge(const Manifests& previous, const std::vector<json::YamlStream>& files,
                const Check& check) {
  Merge work(previous, check);
  for (const auto& file : files) {
    work.add_file(file);
  }
  return work.finish();
}

Changes compare(const Manifests& before, const Manifests& after) {
  Changes changes;
  for (const auto& [key, manifest] : after.objects) {
    const auto old = before.objects.find(key);
    if (old == before.objects.end()) {
      changes.added.push_back(key);
    } else if (*old->second.document->value != *manifest.document->value) {
      changes.changed.push_back(key);
    }
  }
  for (const auto& [key, manifest] : before.objects) {
    if (!after.objects.contains(key)) {
      changes.removed.push_back(key);
    }
  }
  return changes;
}

}  // namespace penstock::app::config
