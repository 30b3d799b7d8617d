#include "controller/autoscaler/publisher.h"

#include <nlohmann/json.hpp>

#include "base/log.h"

namespace penstock::controller::autoscaler {

namespace res = kube::resources;

Publisher::Publisher(const cache::Caches& caches, kube::Client& client, kube::Applier& applier,
                     kube::WriteTracker& writes, kube::EventRecorder& events)
    : caches_(caches), client_(client), applier_(applier), writes_(writes), events_(events) {}

void Publisher::publish(const kube::ObjectKey& key, Publication publication) {
  const std::lock_guard lock(mutex_);
  Publication& known = waiting_[key];
  if (known.uid == publication.uid) {
    publication.news.insert(publication.news.begin(), known.news.begin(), known.news.end());
    if (publication.costs.empty()) {
      publication.costs = std::move(known.costs);
    }
  }
  known = std::move(publication);
}

Result<runtime::Next> Publisher::write(const runtime::Pass& pass) {
  Publication publication;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(pass.key);
    if (found == waiting_.end()) {
      return runtime::Next::done();
    }
    publication = found->second;
  }
  const kube::Object object = caches_.model_deployments.get(pass.key);
  if (object.empty() || object.uid() != publication.uid || object.deleting()) {
    return runtime::Next::done();
  }
  write_costs(pass, publication.costs);
  PENSTOCK_CHECK_OK(write_status(pass, object, publication.said));
  tell(pass, publication);
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(pass.key);
  if (found != waiting_.end() && found->second.uid == publication.uid) {
    auto& rest = found->second;  // what came meanwhile stands behind what was told
    rest.news.erase(rest.news.begin(),
                    rest.news.begin() + static_cast<std::ptrdiff_t>(publication.news.size()));
    if (rest.costs == publication.costs) {
      rest.costs.clear();
    }
  }
  return runtime::Next::done();
}

/// A pod that goes too early finishes its calls all the same: a failure must not hold the decision.
void Publisher::write_costs(const runtime::Pass& pass, const std::vector<PodCost>& costs) {
  for (const auto& [pod, cost] : costs) {
    const json::Value value = cost ? json::Value(std::to_string(*cost)) : json::Value();
    const json::Value patch = {
        {"metadata", {{"annotations", {{std::string(kDeletionCost), value}}}}}};
    const auto done = client_.merge_patch(res::kPods, {pass.key.name_space, pod}, patch,
                                          applier_.field_manager(), "", pass.stop);
    if (!done && done.error().code() != Code::kNotFound) {
      log::warn("the order of leaving could not be written",
                {{"pod", pass.key.name_space + "/" + pod}, {"error", done.error().to_string()}});
    }
  }
}

Result<> Publisher::write_status(const runtime::Pass& pass, const kube::Object& object,
                                 const Said& said) {
  if (const auto parsed = crd::parse_model_deployment(object.value());
      parsed && said_in(parsed->status) == said) {
    return {};
  }
  const auto written = applier_.apply_status(
      res::kModelDeployments, status_intent(pass.key, object.uid(), said), object, pass.stop);
  if (!written) {
    return written.error().code() == Code::kNotFound ? Result<>() : fail(written.error());
  }
  if (written->written) {
    writes_.wrote(pass.key, *caches_.model_deployments.of(pass.key.name_space), written->live);
  }
  return {};
}

void Publisher::tell(const runtime::Pass& pass, const Publication& publication) {
  for (const auto& item : publication.news) {
    log::info("scaling", {{"key", pass.key.full_name()},
                          {"reason", item.reason},
                          {"message", item.message},
                          {"reconcileId", pass.id}});
    events_.record({std::string(crd::kApiVersion), std::string(crd::ModelDeployment::kKind),
                    pass.key.name_space, pass.key.name, publication.uid,
                    item.warning ? kube::EventType::kWarning : kube::EventType::kNormal,
                    item.reason, "Scale", item.message});
  }
}

void Publisher::forget(const kube::ObjectKey& key) {
  applier_.forget(res::kModelDeployments, key);
  const std::lock_guard lock(mutex_);
  waiting_.erase(key);
}

void Publisher::clear() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

}  // namespace penstock::controller::autoscaler
