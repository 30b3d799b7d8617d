#include "controller/autoscaler/demand_book.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "scaling/constants.h"

namespace penstock::controller::autoscaler {
namespace {

using gateway::demand::DeploymentDemand;
using scaling::DemandSample;
using scaling::Fault;

/// A process that is no older than this is counted from its start.
constexpr std::chrono::seconds kFromTheStart(scaling::kStableSeconds);

/// By the gateway's own clock, which may be set.
constexpr std::chrono::seconds kSameProcess{1};

/// A stretch rises with so many calls, if they are so many times as many as were usual lately.
/// Noise does now and then, which costs one look.
constexpr double kRisingCalls = 4;
constexpr double kRisingFactor = 2;
constexpr scaling::Seconds kUsualMemory{5};

/// Samples kept for a deployment that nobody collects.
constexpr std::size_t kMostUntold = 128;

std::int64_t grown(std::int64_t before, std::int64_t now) {
  return now >= before ? now - before : now;
}

std::int64_t pending(const DeploymentDemand& demand) {
  return demand.in_flight + demand.queued + demand.waiting_for_start;
}

/// A deployment that has left the configuration has nothing waiting; its totals may come back.
void still(DeploymentDemand& demand) {
  demand.in_flight = demand.queued = demand.waiting_for_start = 0;
}

DemandSample difference(const DeploymentDemand& before, const DeploymentDemand& now) {
  const auto arrivals = grown(before.arrivals, now.arrivals);
  // A call is spilled some time after it came: never more than came here in the same stretch.
  const auto spilled = std::min(grown(before.spilled_calls, now.spilled_calls), arrivals);
  DemandSample out;
  out.calls = static_cast<double>(arrivals - spilled);
  out.spilled_calls = static_cast<double>(spilled);
  out.prompt_tokens = static_cast<double>(grown(before.prompt_tokens, now.prompt_tokens));
  const auto ended = arrivals - (pending(now) - pending(before));
  out.completed_calls = static_cast<double>(std::max<std::int64_t>(ended, 0));
  out.completed_output_tokens = static_cast<double>(grown(before.output_tokens, now.output_tokens));
  return out;
}

}  // namespace

bool DemandBook::count(Account& account, const DeploymentDemand& now, SteadyTime start,
                       SteadyTime end) {
  DemandSample sample = difference(account.last, now);
  account.last = now;
  sample.start = start;
  sample.span = std::max(std::chrono::ceil<std::chrono::milliseconds>(end - start),
                         std::chrono::milliseconds(1));
  if (sample.calls > 0 || sample.spilled_calls > 0 || sample.prompt_tokens > 0 ||
      sample.completed_calls > 0 || sample.completed_output_tokens > 0) {
    if (account.untold.size() == kMostUntold) {
      account.untold.erase(account.untold.begin());
    }
    account.untold.push_back(sample);
  }
  const double seconds = scaling::Seconds(sample.span).count();
  const double calls = sample.calls + sample.spilled_calls;
  const bool rising =
      calls >= std::max(kRisingCalls, kRisingFactor * account.calls_per_second * seconds);
  account.calls_per_second += (1 - std::exp(-seconds / kUsualMemory.count())) *
                              (calls / seconds - account.calls_per_second);
  return rising;
}

DemandBook::Urgent DemandBook::take(const std::string& pod, const Report& report,
                                    SteadyTime received) {
  Urgent urgent;
  const std::lock_guard lock(mutex_);
  Source& source = sources_[pod];
  // A report that was overtaken by a later one tells of the same process, a restarted one does not.
  const WallTime process = report.at - report.window;
  const auto apart = std::chrono::abs(process - source.process);
  const bool anew = source.instance != report.instance || apart > kSameProcess;
  if (!anew && report.sequence <= source.sequence) {
    return urgent;
  }
  // The least delay seen says best when the process began.
  const SteadyTime began = received - report.window;
  if (anew) {
    source = Source{};
    source.instance = report.instance;
    source.process = process;
    source.began = began;
  } else {
    source.began = std::min(source.began, began);
  }
  const bool from_the_start = report.window <= kFromTheStart;
  const SteadyTime start =
      anew ? (from_the_start ? source.began : received) : std::min(source.through, received);
  const SteadyTime end = std::max(start, std::min(source.began + report.window, received));
  std::unordered_set<std::string_view> named;
  for (const auto& demand : report.deployments) {
    const std::string name = demand.name_space + "/" + demand.name;
    const auto [at, first] = source.accounts.try_emplace(name);
    named.insert(at->first);
    Account& account = at->second;
    if (first && anew && !from_the_start) {
      account.last = demand;
    } else {
      if (count(account, demand, start, end)) {
        urgent.rising.push_back(name);
      }
    }
    if (demand.waiting_for_start > 0) {
      urgent.waited_for.push_back(name);
    }
  }
  for (auto& [name, account] : source.accounts) {
    if (!named.contains(name)) {
      still(account.last);
    }
  }
  source.sequence = report.sequence;
  source.through = end;
  source.fault = Fault::kNone;
  return urgent;
}

void DemandBook::failed(const std::string& pod, Fault fault) {
  const std::lock_guard lock(mutex_);
  const auto source = sources_.find(pod);
  if (source == sources_.end()) {
    sources_[pod].fault = fault;
  } else {
    source->second.fault = fault;
  }
}

void DemandBook::collect(const std::string& pod, const std::string& deployment, DemandNews& out) {
  out.samples.clear();
  out.report = {};
  out.report.id = std::hash<std::string>{}(pod);
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(pod);
  if (found == sources_.end()) {
    out.report.fault = Fault::kMissing;
    return;
  }
  Source& source = found->second;
  out.report.through = source.through;
  // One failed attempt is no silence yet: what was told stays true until it is too old.
  out.report.fault = source.instance.empty() ? source.fault : Fault::kNone;
  const auto account = source.accounts.find(deployment);
  if (account == source.accounts.end()) {
    return;  // its configuration does not name the deployment: nothing is asked for there
  }
  out.samples.swap(account->second.untold);
  out.report.news = out.samples;
  const auto& last = account->second.last;
  out.report.queued_calls = static_cast<double>(last.queued);
  out.report.cold_start_calls = static_cast<double>(last.waiting_for_start);
}

std::map<std::string, DemandBook::Names> DemandBook::speakers() const {
  std::map<std::string, Names> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [pod, source] : sources_) {
    for (const auto& [deployment, account] : source.accounts) {
      out[deployment].push_back(pod);
    }
  }
  for (auto& [deployment, pods] : out) {
    std::ranges::sort(pods);
  }
  return out;
}

void DemandBook::keep(const std::set<std::string>& pods) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sources_, [&](const auto& item) { return !pods.contains(item.first); });
}

void DemandBook::clear() {
  const std::lock_guard lock(mutex_);
  sources_.clear();
}

}  // namespace penstock::controller::autoscaler
