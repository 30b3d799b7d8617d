#include "app/validate/report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/write.h"

namespace penstock::app::validate {
namespace {

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kUnreadable:
      return "unreadable";
  }
  return "error";
}

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

void write_finding(std::ostream& out, const Finding& finding) {
  out << finding.file << ":" << finding.line << ": " << word(finding.severity) << ": ";
  if (!finding.object.empty()) {
    out << finding.object << ": ";
  }
  // The server's sentence for an unknown field already names it.
  if (!finding.field.empty() && !finding.message.starts_with("unknown field")) {
    out << finding.field << ": ";
  }
  out << finding.message << "\n";
  if (!finding.value.empty() && finding.message.find(finding.value) == std::string::npos) {
    out << "    value:  " << finding.value << "\n";
  }
  if (!finding.remedy.empty() && finding.message.find(finding.remedy) == std::string::npos) {
    out << "    remedy: " << finding.remedy << "\n";
  }
}

}  // namespace

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

int Report::exit_code() const {
  if (count(Severity::kUnreadable) > 0) {
    return 2;
  }
  return count(Severity::kError) > 0 ? 1 : 0;
}

void write_text(std::ostream& out, const Report& report) {
  for (const Finding& finding : report.findings) {
    write_finding(out, finding);
  }
  out << counted(report.checked, "object") << " in " << counted(report.files, "file") << ": "
      << counted(report.count(Severity::kError), "error") << ", "
      << counted(report.count(Severity::kWarning), "warning");
  if (const std::size_t unreadable = report.count(Severity::kUnreadable); unreadable > 0) {
    out << ", " << unreadable << " unreadable";
  }
  if (!report.skipped.empty()) {
    out << "; not ours, skipped: " << fmt::format("{}", fmt::join(report.skipped, ", "));
  }
  out << "\n";
}

void write_json(std::ostream& out, const Report& report) {
  json::Value findings = json::Value::array();
  for (const Finding& finding : report.findings) {
    findings.push_back({{"severity", word(finding.severity)},
                        {"file", finding.file},
                        {"line", finding.line},
                        {"object", finding.object},
                        {"field", finding.field},
                        {"value", finding.value},
                        {"message", finding.message},
                        {"remedy", finding.remedy}});
  }
  const json::Value document = {{"files", report.files},
                                {"checked", report.checked},
                                {"errors", report.count(Severity::kError)},
                                {"warnings", report.count(Severity::kWarning)},
                                {"unreadable", report.count(Severity::kUnreadable)},
                                {"skipped", report.skipped},
                                {"findings", std::move(findings)}};
  out << json::write_pretty(document);
}

}  // namespace penstock::app::validate
