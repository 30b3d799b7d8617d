#include "kube/leader_elector.h"

#include "base/log.h"

namespace penstock::kube {
namespace {
constexpr double kJitter = 1.2;  // as client-go: d + up to 1.2 d

std::chrono::milliseconds jittered(std::chrono::milliseconds period, double share, double draw) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double, std::milli>(period) * (1.0 + share * draw));
}
}  // namespace

Result<> check_election(const ElectionOptions& options) {
  if (options.lease.name.empty() || options.identity.empty()) {
    return fail(Code::kInvalid, "leader election needs a lease name and an identity");
  }
  if (options.duration <= options.renew_deadline) {
    return fail(Code::kInvalid, "lease duration must be longer than the renew deadline");
  }
  if (std::chrono::duration<double, std::milli>(options.renew_deadline) <=
      std::chrono::duration<double, std::milli>(options.retry_period) * kJitter) {
    return fail(Code::kInvalid, "renew deadline must be longer than 1.2 times the retry period");
  }
  return {};
}

LeaderElector::LeaderElector(Client& client, const Waiter& waiter, const Clock& boot,
                             ElectionOptions options)
    : client_(client),
      waiter_(waiter),
      boot_(boot),
      options_(std::move(options)),
      random_(options_.seed) {}

void LeaderElector::see(const Object& lease, SteadyTime at) {
  view_.observe(lease, at);
  const std::lock_guard lock(mutex_);
  shown_ = view_.record();
}

LeaderElector::Try LeaderElector::write(LeaseRecord record, const std::stop_token& stop) {
  const SteadyTime sent = boot_.now();
  const Object lease = write_lease(options_.lease, record, view_.object());
  auto answer = view_.object().empty()
                    ? client_.create(resources::kLeases, lease, options_.identity, stop)
                    : client_.update(resources::kLeases, lease, options_.identity, {}, stop);
  if (!answer) {
    const Code code = answer.error().code();
    if (code == Code::kConflict || code == Code::kAlreadyExists || code == Code::kNotFound) {
      view_ = LeaseView();  // somebody was faster, or it was deleted: read before the next try
      return Try::kTheirs;
    }
    if (code != Code::kCancelled) {
      log::warn("cannot write the lease",
                {{"lease", options_.lease.full_name()}, {"error", answer.error().to_string()}});
    }
    return Try::kFailed;
  }
  see(*answer, sent);
  valid_until_.store((sent + options_.renew_deadline).time_since_epoch().count());
  return Try::kOurs;
}

LeaderElector::Try LeaderElector::try_once(const std::stop_token& stop) {
  const bool ours = view_.record().holder == options_.identity && leading();
  if (!ours || view_.object().empty()) {
    auto lease = client_.get(resources::kLeases, options_.lease, stop);
    if (lease) {
      see(*lease, boot_.now());
    } else if (lease.error().code() == Code::kNotFound) {
      view_ = LeaseView();
    } else {
      if (lease.error().code() != Code::kCancelled) {
        log::warn("cannot read the lease",
                  {{"lease", options_.lease.full_name()}, {"error", lease.error().to_string()}});
      }
      return Try::kFailed;
    }
  }
  const auto free = view_.free_from(options_.identity);
  if (free && boot_.now() < *free) {
    return Try::kTheirs;
  }
  const std::string now = format_micro_time(waiter_.wall_now());
  LeaseRecord record = view_.record();
  const bool renewal = record.holder == options_.identity;
  if (!renewal) {
    record.acquire_time = now;
    record.transitions += view_.object().empty() ? 0 : 1;
    record.holder = options_.identity;
  }
  record.renew_time = now;
  record.duration = std::chrono::duration_cast<std::chrono::seconds>(options_.duration);
  return write(std::move(record), stop);
}

bool LeaderElector::acquire(std::stop_token stop) {
  log::info("waiting for leadership",
            {{"lease", options_.lease.full_name()}, {"identity", options_.identity}});
  while (!stop.stop_requested()) {
    if (try_once(stop) == Try::kOurs) {
      log::info("leading", {{"identity", options_.identity}, {"term", term()}});
      return true;
    }
    auto wait = jittered(options_.follow_period, 0.2, random_.unit());
    if (const auto free = view_.free_from(options_.identity)) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*free - boot_.now());
      wait = std::clamp(left, std::chrono::milliseconds(1), wait);
    }
    waiter_.sleep(wait, stop);
  }
  return false;
}

bool LeaderElector::hold(std::stop_token stop) {
  Try last = Try::kOurs;
  while (!stop.stop_requested()) {
    const auto left = SteadyTime(SteadyTime::duration(valid_until_.load())) - boot_.now();
    if (left <= SteadyTime::duration::zero()) {
      break;
    }
    // Renewals come regularly; jitter would only eat into the deadline. After a failure, or a
    // conflict (which may be with a renewal of ours whose answer got lost), soon again.
    const auto wait = last == Try::kOurs ? options_.retry_period : options_.retry_period / 4;
    waiter_.sleep(std::min<std::chrono::nanoseconds>(left, wait), stop);
    if (stop.stop_requested()) {
      return true;
    }
    last = try_once(stop);
    if (last == Try::kTheirs && !view_.object().empty()) {
      break;  // the record names somebody else
    }
  }
  if (stop.stop_requested()) {
    return true;
  }
  valid_until_.store(0);
  log::error("leadership lost", {{"identity", options_.identity}, {"leader", leader()}});
  return false;
}

void LeaderElector::wait_lost(std::stop_token stop) const {
  while (!stop.stop_requested()) {
    const auto left = SteadyTime(SteadyTime::duration(valid_until_.load())) - boot_.now();
    if (left <= SteadyTime::duration::zero()) {
      return;
    }
    waiter_.sleep(left, stop);
  }
}

void LeaderElector::release() {
  valid_until_.store(0);
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (view_.object().empty()) {
      auto lease = client_.get(resources::kLeases, options_.lease);
      if (!lease) {
        return;
      }
      see(*lease, boot_.now());
    }
    if (view_.record().holder != options_.identity) {
      return;
    }
    LeaseRecord record = view_.record();
    record.holder.clear();
    record.duration = std::chrono::seconds(1);
    record.renew_time = format_micro_time(waiter_.wall_now());
    log::info("releasing leadership", {{"identity", options_.identity}});
    const Try done = write(std::move(record), {});
    valid_until_.store(0);  // a write of ours was no renewal this time
    if (done != Try::kTheirs) {
      return;
    }
  }
}

bool LeaderElector::leading() const {
  return boot_.now() < SteadyTime(SteadyTime::duration(valid_until_.load()));
}

Result<> LeaderElector::check() const {
  if (leading()) {
    return {};
  }
  return fail(Code::kUnavailable, "not the leader (any more): " + options_.identity);
}

std::string LeaderElector::leader() const {
  const std::lock_guard lock(mutex_);
  return shown_.holder;
}

std::int64_t LeaderElector::term() const {
  const std::lock_guard lock(mutex_);
  return shown_.transitions;
}

}  // namespace penstock::kube
