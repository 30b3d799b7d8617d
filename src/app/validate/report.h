#pragma once
// What an offline check of manifests found, and how it is told: to a person, to a script. Knows no
// kind.

#include <ostream>
#include <string>
#include <vector>

namespace penstock::app::validate {

enum class Severity {
  kError,       ///< the API server would refuse it
  kWarning,     ///< probably not meant; it may be right together with what is not in this set
  kUnreadable,  ///< could not be checked
};

struct Finding {
  Severity severity = Severity::kError;
  std::string file;
  int line = 1;
  std::string object;   ///< "ModelRoute default/chat"; empty when the file has no such thing
  std::string field;    ///< "spec.tiers[0].backends"
  std::string value;    ///< what stands there, as JSON
  std::string message;  ///< the API server's words
  std::string remedy;
};

struct Report {
  std::size_t files = 0;
  std::size_t checked = 0;           ///< objects of our kinds
  std::vector<std::string> skipped;  ///< "Secret default/keys": other kinds are not ours to judge
  std::vector<Finding> findings;     ///< in the order of files and lines

  /// 0 all good (warnings allowed), 1 violations, 2 something could not be read.
  [[nodiscard]] int exit_code() const;
  [[nodiscard]] std::size_t count(Severity severity) const;
};

/// "FILE:LINE: error: …" lines that editors can jump to, then one line of sums.
void write_text(std::ostream& out, const Report& report);
/// One JSON object; its fields are those of Report and Finding, in camelCase.
void write_json(std::ostream& out, const Report& report);

}  // namespace penstock::app::validate
