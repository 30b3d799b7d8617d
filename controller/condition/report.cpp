#include "controller/condition/report.h"

#include "crd/meta.h"

namespace penstock::controller::condition {
namespace {

/// After so many failures in a row an error that could have been a moment's is worth a condition.
constexpr int kPatience = 3;

}  // namespace

Result<> report(const Pen& pen, const runtime::Pass& pass, const kube::Object& object,
                const kube::Object& intent, const std::vector<Announcement>& news) {
  const kube::Resource& resource = pen.informer.resource();
  const auto written = pen.applier.apply_status(resource, intent, object, pass.stop);
  if (!written) {
    return written.error().code() == Code::kNotFound ? Result<>() : fail(written.error());
  }
  if (!written->written) {
    return {};
  }
  pen.writes.wrote(pass.key, pen.informer, written->live);
  for (const auto& item : news) {
    pen.events.record({std::string(crd::kApiVersion), std::string(resource.kind),
                       pass.key.name_space, pass.key.name, object.uid(),
                       item.warning ? kube::EventType::kWarning : kube::EventType::kNormal,
                       item.reason, "Reconcile", item.message});
  }
  return {};
}

std::optional<Finding> apply_finding(const Result<>& applied, int failures_before) {
  if (applied) {
    return std::nullopt;
  }
  const Error& error = applied.error();
  if (error.code() == Code::kConflict) {
    return Finding{std::string(kNotOwned), error.message()};
  }
  const bool lasting = error.code() == Code::kInvalid || error.code() == Code::kForbidden ||
                       error.code() == Code::kQuotaExceeded || failures_before >= kPatience;
  return lasting ? std::optional(Finding{std::string(kApplyFailed), error.message()})
                 : std::nullopt;
}

}  // namespace penstock::controller::condition
