#include "app/validate/check.h"

#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/validate/object_set.h"
#include "app/validate/references.h"
#include "crd/meta.h"
#include "crd/schema.h"
#include "crd/suggest.h"
#include "crd/validate.h"

namespace penstock::app::validate {
namespace {

bool is_ours(const Object& object) {
  return object.api_version.starts_with(std::string(crd::kGroup) + "/") ||
         object.api_version == crd::kGroup;
}

Finding finding_of(const Object& object, const crd::Violation& violation) {
  return {.severity = Severity::kError,
          .file = object.document->file,
          .line = object.line_of(violation.pointer),
          .object = object.title(),
          .field = violation.path,
          .value = violation.value,
          .message = violation.message,
          .remedy = violation.remedy};
}

// "kind: ModelRout" in our group: the nearest kind is worth more than a list of nine.
void improve_kind(const Object& object, Finding& finding) {
  if (finding.field != "kind") {
    return;
  }
  std::vector<std::string_view> kinds;
  for (const crd::KindInfo& each : crd::all_kinds()) {
    kinds.push_back(each.kind);
  }
  if (const std::string_view close = crd::nearest(object.kind, kinds); !close.empty()) {
    finding.remedy = fmt::format("did you mean \"{}\"?", close);
  }
}

void check_object(const Object& object, Report& report) {
  if (!is_ours(object)) {
    if (object.kind.empty() || object.api_version.empty()) {
      report.findings.push_back(
          {.severity = Severity::kError,
           .file = object.document->file,
           .line = object.line_of(""),
           .object = {},
           .field = object.kind.empty() ? "kind" : "apiVersion",
           .value = {},
           .message = "not a Kubernetes object: apiVersion or kind is missing",
           .remedy = fmt::format("begin with apiVersion: {} and a kind", crd::kApiVersion)});
    } else {
      report.skipped.push_back(object.title());
    }
    return;
  }
  ++report.checked;
  for (const crd::Violation& violation : crd::validate(*object.value)) {
    report.findings.push_back(finding_of(object, violation));
    improve_kind(object, report.findings.back());
  }
}

// A multimap keeps equal keys in the order of insertion.
void in_reading_order(const std::vector<json::YamlStream>& files, std::vector<Finding>& findings) {
  std::map<std::string, std::size_t> order;
  for (const json::YamlStream& file : files) {
    order.emplace(file.file, order.size());
  }
  std::multimap<std::pair<std::size_t, int>, Finding> sorted;
  for (Finding& finding : findings) {
    const std::pair key(order[finding.file], finding.line);
    sorted.emplace(key, std::move(finding));
  }
  findings.clear();
  for (auto& [key, finding] : sorted) {
    findings.push_back(std::move(finding));
  }
}

}  // namespace

Report check(const std::vector<json::YamlStream>& files) {
  Report report;
  report.files = files.size();
  for (const json::YamlStream& file : files) {
    for (const json::YamlProblem& problem : file.problems) {
      report.findings.push_back({.severity = Severity::kUnreadable,
                                 .file = file.file,
                                 .line = problem.line,
                                 .object = {},
                                 .field = {},
                                 .value = {},
                                 .message = problem.message,
                                 .remedy = {}});
    }
  }
  const std::vector<Object> objects = objects_of(files);
  for (const Object& object : objects) {
    check_object(object, report);
  }
  check_references(objects, report.findings);
  in_reading_order(files, report.findings);
  return report;
}

}  // namespace penstock::app::validate
