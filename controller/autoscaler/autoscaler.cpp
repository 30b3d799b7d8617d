#include "controller/autoscaler/autoscaler.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "controller/autoscaler/cadence.h"
#include "controller/child/names.h"
#include "kube/fields.h"

namespace penstock::controller::autoscaler {
namespace {

using std::chrono::seconds;

constexpr seconds kTickEvery{1};
constexpr seconds kCallersEvery{2};

fetch::Options fetch_options() {
  return {};
}

/// Engines whose metrics the rule can read; of others a silence is no fault.
bool known_metrics(crd::model_deployment::EngineType type) {
  using enum crd::model_deployment::EngineType;
  return type == kVLLM || type == kSGLang || type == kLlamaCpp || type == kTGI;
}

kube::ObjectKey key_of(const std::string& full_name) {
  const auto slash = full_name.find('/');
  return {full_name.substr(0, slash), full_name.substr(slash + 1)};
}

/// Absent while there is no Deployment, or only one of an earlier object of that name.
std::optional<std::int32_t> running_replicas(const cache::Caches& caches,
                                             const kube::Object& object) {
  const auto deployment =
      caches.deployments.get({object.name_space(), child::engine_name(object.name())});
  const auto owner = deployment.controller_owner();
  const json::Value* spec =
      owner && owner->uid == object.uid() ? kube::member(deployment.value(), "spec") : nullptr;
  const auto replicas = spec == nullptr ? std::nullopt : kube::integer_at(*spec, "replicas");
  return replicas ? std::optional(static_cast<std::int32_t>(*replicas)) : std::nullopt;
}

}  // namespace

/// Reused from tick to tick.
struct Autoscaler::Scratch {
  std::vector<scaling::PodReport> pods;
  std::vector<std::string_view> pod_names;
  std::vector<DemandNews> news;
  std::vector<scaling::GatewayReport> gateways;
  std::vector<std::string_view> gateway_names;
  std::vector<Metrics::Gauges> gauges;
};

Autoscaler::Autoscaler(const cache::Caches& caches, Publisher& publisher, Enqueue enqueue,
                       const Waiter& waiter)
    : caches_(caches),
      publisher_(publisher),
      enqueue_(std::move(enqueue)),
      waiter_(waiter),
      engine_fetcher_(fetch_options(), [this](const std::string& id,
                                              const fetch::Fetched& got) { took_engine(id, got); }),
      gateway_fetcher_(
          fetch_options(),
          [this](const std::string& id, const fetch::Fetched& got) { took_gateway(id, got); }),
      scratch_(std::make_unique<Scratch>()) {}

Autoscaler::~Autoscaler() = default;

void Autoscaler::reset() {
  records_.clear();
  fleet_ = Fleet();
  callers_.clear();
  callers_looked_ = {};
  engine_targets_.clear();
  gateway_targets_.clear();
  profiles_version_.clear();
  engine_fetcher_.aim({});
  gateway_fetcher_.aim({});
  engines_.clear();
  demand_.clear();
  publisher_.clear();
  metrics_.clear();
  const std::lock_guard lock(mutex_);
  urgent_ = {};
}

void Autoscaler::run(const std::stop_token& stop) {
  reset();
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  {
    const std::jthread engines([&] { engine_fetcher_.run(stop); });
    const std::jthread gateways([&] { gateway_fetcher_.run(stop); });
    // Not at once: the caches of a new leader may be a moment behind what the last one wrote.
    SteadyTime next = waiter_.now() + kTickEvery;
    while (!stop.stop_requested()) {
      Urgent urgent;
      {
        std::unique_lock lock(mutex_);
        waiter_.wait_until(lock, changed_, next, stop, [&] { return !urgent_.empty(); });
        urgent = std::exchange(urgent_, {});
      }
      if (stop.stop_requested()) {
        break;
      }
      if (!urgent.empty()) {
        tick_urgent(urgent);
      }
      if (const SteadyTime now = waiter_.now(); now >= next) {
        tick();
        next = std::max(next + kTickEvery, now);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  running_ = false;
}

Autoscaler::Record* Autoscaler::record_of(const kube::Object& object) {
  const auto [at, first] = records_.try_emplace(object.key());
  Record& record = at->second;
  record.seen = true;
  if (!first && record.version == object.resource_version()) {
    return record.scaler ? &record : nullptr;
  }
  const auto parsed = crd::parse_model_deployment(object.value());
  if (record.uid != object.uid()) {
    record.scaler.reset();
    record.uid = object.uid();
  }
  record.version = object.resource_version();
  if (!parsed || !parsed->spec.engine || object.deleting()) {
    record.scaler.reset();
    return nullptr;
  }
  record.asked = read_asked(*parsed, profiles_);
  if (!record.scaler) {
    record.group = object.name_space() + "/" + child::label_value(object.name());
    record.scaler.emplace(parsed->status, running_replicas(caches_, object), record.asked,
                          waiter_.now(), waiter_.wall_now());
  }
  return &record;
}

void Autoscaler::read_profiles() {
  std::string version;
  const auto objects = caches_.accelerator_profiles.list();
  for (const auto& object : objects) {
    version += object.uid() + "@" + object.resource_version() + " ";
  }
  if (version == profiles_version_) {
    return;
  }
  profiles_version_ = std::move(version);
  profiles_.clear();
  for (const auto& object : objects) {
    if (auto parsed = crd::parse_accelerator_profile(object.value())) {
      profiles_.push_back(std::move(*parsed));
    }
  }
  for (auto& [key, record] : records_) {
    record.version.clear();  // read again
  }
}

void Autoscaler::tick() {
  const SteadyTime begin = waiter_.now();
  read_profiles();
  fleet_.look(caches_.pods.list());
  look_at_callers();
  for (auto& [key, record] : records_) {
    record.seen = false;
  }
  scratch_->gauges.clear();
  for (const auto& object : caches_.model_deployments.list()) {
    if (Record* record = record_of(object)) {
      decide(object.key(), *record);
    }
  }
  std::erase_if(records_, [this](const auto& item) {
    if (!item.second.seen) {
      publisher_.forget(item.first);
    }
    return !item.second.seen;
  });
  aim_fetchers();
  metrics_.tick(waiter_.now() - begin, std::move(scratch_->gauges));
}

void Autoscaler::tick_urgent(const Urgent& urgent) {
  const auto decide_at_once = [this](const kube::ObjectKey& key, bool asleep) {
    const auto object = caches_.model_deployments.get(key);
    Record* record = object.empty() ? nullptr : record_of(object);
    if (record != nullptr && (record->scaler->desired() == 0) == asleep) {
      scratch_->gauges.clear();
      decide(key, *record);
    }
  };
  // Of one that runs the pods and callers of the last tick will do; before that none are known.
  for (const auto& name : urgent.rising) {
    if (records_.contains(key_of(name))) {
      decide_at_once(key_of(name), false);
    }
  }
  if (!urgent.waited_for.empty()) {
    fleet_.look(caches_.pods.list());
  }
  for (const auto& name : urgent.waited_for) {
    decide_at_once(key_of(name), true);
  }
}

void Autoscaler::decide(const kube::ObjectKey& key, Record& record) {
  const SteadyTime now = waiter_.now();
  const WallTime wall_now = waiter_.wall_now();
  Scratch& scratch = *scratch_;
  const auto& replicas = fleet_.of(record.group);
  scratch.pods.clear();
  scratch.pod_names.clear();
  std::int64_t ready = 0;
  for (const Replica* replica : replicas) {
    scratch.pods.push_back(
        {replica->id, facts_of(*replica, now, wall_now), engines_.sample(replica->uid)});
    scratch.pod_names.push_back(replica->name);
    ready += replica->ready_since && !replica->draining ? 1 : 0;
    record.measured |= scratch.pods.back().engine.fault == scaling::Fault::kNone;
  }
  scratch.gateways.clear();
  scratch.gateway_names.clear();
  const std::string full_name = key.full_name();
  if (const auto callers = callers_.find(full_name); callers != callers_.end()) {
    scratch.news.resize(std::max(scratch.news.size(), callers->second.size()));
    for (std::size_t i = 0; i < callers->second.size(); ++i) {
      demand_.collect(callers->second[i], full_name, scratch.news[i]);
      scratch.gateways.push_back(scratch.news[i].report);
      scratch.gateway_names.push_back(callers->second[i]);
    }
  } else {
    // No route leads here: that nobody calls is known.
    scratch.gateways.push_back({.through = now});
    scratch.gateway_names.emplace_back();
  }
  record.asked.settings.engine_metrics = known_metrics(record.asked.engine) || record.measured;
  Sight sight;
  sight.seen.now = now;
  sight.seen.pods = scratch.pods;
  sight.seen.gateways = scratch.gateways;
  sight.pod_names = scratch.pod_names;
  sight.gateway_names = scratch.gateway_names;
  sight.wall_now = wall_now;
  Step step = record.scaler->step(record.asked, sight);
  const auto& decision = step.decision;
  const auto& readings = decision.readings;
  record.busy = readings.calls > 0 || readings.running_calls > 0 || readings.waiting_calls > 0;
  scratch.gauges.push_back({key.name_space, key.name, record.scaler->desired(), ready,
                            static_cast<std::int64_t>(readings.starting),
                            record.scaler->recommended()});
  if (decision.acts()) {
    metrics_.decision(decision.reason);
  }
  if (!step.changed) {
    return;
  }
  Publication publication{record.uid, record.scaler->said(), std::move(step.news), {}};
  if (decision.acts() && decision.to < decision.from && decision.to > 0) {
    publication.costs = mark_victims(replicas, scratch.pods, decision.from - decision.to, now);
  }
  publisher_.publish(key, std::move(publication));
  enqueue_(key);
}

void Autoscaler::look_at_callers() {
  const SteadyTime now = waiter_.now();
  if (callers_looked_ != SteadyTime{} && now - callers_looked_ < kCallersEvery) {
    return;
  }
  callers_looked_ = now;
  callers_ = callers_of(caches_.model_routes.list(), caches_.inference_gateways.list(),
                        fleet_.gateways(), demand_.speakers());
  std::set<std::string> alive;
  for (const auto& pod : fleet_.gateways()) {
    alive.insert(pod.key);
  }
  demand_.keep(alive);
}

void Autoscaler::aim_fetchers() {
  std::vector<fetch::Target> engines;
  std::set<std::string> uids;
  std::size_t busy = 0;
  for (const auto& [key, record] : records_) {
    if (!record.scaler) {
      continue;
    }
    for (const Replica* replica : fleet_.of(record.group)) {
      uids.insert(replica->uid);
      if (replica->ready_since && !replica->address.empty()) {
        engines.push_back({replica->uid, replica->address,
                           static_cast<std::uint16_t>(record.asked.port), record.asked.metrics_path,
                           record.busy ? kBusyEngineEvery : kIdleEngineEvery});
        busy += record.busy ? 1 : 0;
      }
    }
  }
  for (auto& target : engines) {
    target.every = target.every == kBusyEngineEvery ? busy_engine_every(busy) : target.every;
  }
  std::ranges::sort(engines, {}, &fetch::Target::id);
  if (engines != engine_targets_) {
    engine_targets_ = std::move(engines);
    engine_fetcher_.aim(engine_targets_);
    engines_.keep(uids);
  }
  std::vector<fetch::Target> gateways;
  const auto every = gateway_every(fleet_.gateways().size(), records_.size());
  for (const auto& pod : fleet_.gateways()) {
    if (pod.admin_port != 0 && !pod.address.empty()) {
      gateways.push_back({pod.key, pod.address, pod.admin_port, "/demand", every});
    }
  }
  std::ranges::sort(gateways, {}, &fetch::Target::id);
  if (gateways != gateway_targets_) {
    gateway_targets_ = std::move(gateways);
    gateway_fetcher_.aim(gateway_targets_);
  }
}

void Autoscaler::took_engine(const std::string& uid, const fetch::Fetched& got) {
  metrics_.fetched("engine", engines_.take(uid, got));
}

void Autoscaler::took_gateway(const std::string& pod, const fetch::Fetched& got) {
  if (!got.body) {
    const auto fault = fault_of(got.body.error());
    metrics_.fetched("gateway", fault);
    demand_.failed(pod, fault);
    return;
  }
  const auto report = gateway::demand::read_report(*got.body);
  metrics_.fetched("gateway", report ? scaling::Fault::kNone : scaling::Fault::kUnparsable);
  if (!report) {
    demand_.failed(pod, scaling::Fault::kUnparsable);
    return;
  }
  wake(demand_.take(pod, *report, got.answered));
}

Result<> Autoscaler::report(const std::string& gateway, std::string_view body) {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) {
      return fail(Code::kUnavailable, "this replica of the controller does not lead");
    }
  }
  PENSTOCK_TRY(report, gateway::demand::read_report(body));
  if (report.gateway != gateway) {
    return fail(Code::kForbidden, "gateway: this is " + gateway + " by its certificate, not " +
                                      report.gateway + "; report for yourself only");
  }
  const std::string name_space = gateway.substr(0, gateway.find('/'));
  wake(demand_.take(name_space + "/" + report.instance, report, waiter_.now()));
  return {};
}

void Autoscaler::wake(const DemandBook::Urgent& urgent) {
  if (urgent.waited_for.empty() && urgent.rising.empty()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    urgent_.waited_for.insert(urgent.waited_for.begin(), urgent.waited_for.end());
    urgent_.rising.insert(urgent.rising.begin(), urgent.rising.end());
  }
  changed_.notify_all();
}

}  // namespace penstock::controller::autoscaler
