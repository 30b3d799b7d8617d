#pragma once
// What the configuration folder says, object by object, and what of it counts. Pure: files come in
// as parsed YAML, the judgement on one object as a function. Knows no kind in particular.
//
// The rule: a wrong manifest never takes anything down. Its last good version stays in force,
// beside all the others; only an object that is really gone from readable files is gone.

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "json/yaml.h"

namespace penstock::app::config {

struct ObjectKey {
  std::string kind;
  std::string name_space;  ///< "default" when the manifest names none
  std::string name;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// "ModelRoute default/chat"
[[nodiscard]] std::string to_string(const ObjectKey& key);

struct Manifest {
  ObjectKey key;
  std::shared_ptr<const json::YamlDocument> document;
};

/// One thing that is wrong with an object, found by the Check.
struct Finding {
  std::string pointer;  ///< JSON pointer of the field
  std::string message;  ///< names the field, the value and the remedy
};

/// Judges one object; empty = good.
using Check = std::function<std::vector<Finding>(const ObjectKey&, const json::Value&)>;

/// For a person: "FILE:LINE: message".
struct Complaint {
  std::string file;
  int line = 1;
  std::string message;
  friend auto operator<=>(const Complaint&, const Complaint&) = default;
};

[[nodiscard]] std::string to_string(const Complaint& complaint);

struct Manifests {
  std::map<ObjectKey, Manifest> objects;
  std::vector<Complaint> complaints;
};

/// `files` are all files of the folder, as they are now, in order.
[[nodiscard]] Manifests merge(const Manifests& previous, const std::vector<json::YamlStream>& files,
                              const Check& check);

/// What changed between two readings, for a line to a person.
struct Changes {
  std::vector<ObjectKey> added;
  std::vector<ObjectKey> changed;
  std::vector<ObjectKey> removed;
};

[[nodiscard]] Changes compare(const Manifests& before, const Manifests& after);

}  // namespace penstock::app::config
