#pragma once
// YAML text to JSON values, typed exactly as kubectl and the API server do it, with the line of
// every field.
//
// Must not know what the documents mean. yaml-cpp is named only in yaml.cpp.
//
// Typing (that of sigs.k8s.io/yaml): plain `yes on true` are booleans, `0x1f 0o17 017` integers,
// `1.0` and `1e3` the integers they equal, `~` and nothing null; dates stay strings; anything
// quoted is a string. Anchors, aliases and `<<` merges work within the limits. A key given twice is
// an error.
//
//   const YamlStream stream = parse_yaml(text, "examples/route.yaml");
//   stream.documents[0].line_of("/spec/tiers/0");      // the line to name in a message

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/limits.h"
#include "json/value.h"

namespace penstock::json {

struct YamlDocument {
  std::shared_ptr<const Value> value;  ///< never null
  std::string file;
  int line = 1;                      ///< first line of its content, from 1
  std::map<std::string, int> lines;  ///< JSON pointer → line of its key (or list item)

  /// The line of the field, or of its nearest parent that stands in the file (for a missing field).
  [[nodiscard]] int line_of(std::string_view pointer) const;
};

struct YamlProblem {
  int line = 1;
  std::string message;  ///< without file and line
};

/// What a file holds. A document that cannot be read does not hide the others.
struct YamlStream {
  std::string file;
  std::vector<YamlDocument> documents;  ///< empty documents are left out
  std::vector<YamlProblem> problems;

  /// "file:line: message" of the first problem, if there is one.
  [[nodiscard]] Result<> check() const;
};

/// `file` is only for messages. JSON is read too: it is YAML.
[[nodiscard]] YamlStream parse_yaml(std::string_view text, std::string file,
                                    const Limits& limits = {});

/// The same from disk. Error kNotFound or kInvalid when the file cannot be read at all.
[[nodiscard]] Result<YamlStream> read_yaml_file(const std::string& path, const Limits& limits = {});

/// The value of one plain (unquoted) scalar by the rules above, as JSON text: `yes` → `true`. For
/// tests and tools.
[[nodiscard]] Value plain_scalar(std::string_view text);

}  // namespace penstock::json
