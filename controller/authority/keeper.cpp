#include "controller/authority/keeper.h"

#include "base/log.h"

namespace penstock::controller::authority {
namespace {

namespace res = kube::resources;
constexpr const char* kFieldManager = "penstock-authority";

}  // namespace

Keeper::Keeper(kube::Client& client, const Waiter& waiter, kube::ObjectKey secret, Policy policy,
               Leading leading, Told told, Timing timing)
    : client_(client),
      waiter_(waiter),
      secret_(std::move(secret)),
      policy_(policy),
      leading_(std::move(leading)),
      told_(std::move(told)),
      timing_(timing) {}

void Keeper::run(std::stop_token stop) {
  bool found = false;
  do {
    found = look(stop);
  } while (waiter_.sleep(found ? timing_.look : timing_.look_while_empty, stop));
}

Result<Authority> Keeper::read_or_renew(const std::stop_token& stop) {
  kube::Object secret;
  auto live = client_.get(res::kSecrets, secret_, stop);
  if (live) {
    secret = std::move(*live);
  } else if (live.error().code() != Code::kNotFound) {
    return fail(std::move(live.error()));
  }
  auto authority = Authority::read(secret);
  if (!authority) {
    return fail(std::move(authority.error())
                    .with_context("Secret " + secret_.full_name() +
                                  " is no authority of ours; remove its data, and a new one is "
                                  "made"));
  }
  if (!leading_()) {
    return authority;
  }
  PENSTOCK_TRY(next, authority->rotated(waiter_.wall_now(), policy_));
  if (!next) {
    return authority;
  }
  log::info("renewing the authority of the gateways' certificates",
            {{"secret", secret_.full_name()}, {"first", authority->empty()}});
  const kube::Object wanted = next->write(secret_, secret);
  // Error kConflict or kAlreadyExists: somebody was faster, and the next look takes theirs.
  auto written = secret.empty() ? client_.create(res::kSecrets, wanted, kFieldManager, stop)
                                : client_.update(res::kSecrets, wanted, kFieldManager, {}, stop);
  if (!written) {
    return fail(std::move(written.error()));
  }
  return std::move(*next);
}

bool Keeper::look(const std::stop_token& stop) {
  auto authority = read_or_renew(stop);
  const std::string problem = authority ? "" : authority.error().to_string();
  if (!problem.empty() && problem != last_problem_ && !stop.stop_requested()) {
    log::warn("the authority of the gateways' certificates cannot be read or renewed",
              {{"error", problem}});
  }
  last_problem_ = problem;
  if (!authority || authority->empty()) {
    return false;
  }
  const auto next = std::make_shared<const Authority>(std::move(*authority));
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = !current_ || current_->bundle() != next->bundle();
    current_ = next;
  }
  told_(*next, changed);
  return true;
}

AuthorityPtr Keeper::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace penstock::controller::authority
