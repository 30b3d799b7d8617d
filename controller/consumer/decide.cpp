#include "controller/consumer/decide.h"

#include <algorithm>

#include "base/time_format.h"
#include "controller/consumer/reasons.h"
#include "controller/snapshot/consumers.h"

namespace penstock::controller::consumer {
namespace {

constexpr std::size_t kPrefixLength = 8;
/// A far expiry is looked at again now and then: clocks are set, and timers are not for years.
constexpr std::chrono::hours kLongestWait{1};

snapshot::Problems problems_of(const Input& input) {
  std::vector<crd::Consumer> all = input.rivals;
  all.push_back(input.object);
  gateway::snapshot::Document document;
  snapshot::Problems problems;
  snapshot::apply_consumers(all, input.secrets, document, problems);
  std::erase_if(problems, [&](const snapshot::Problem& problem) {
    return problem.object.full_name() != input.object.metadata.full_name();
  });
  return problems;
}

std::string key_prefix(const Input& input, const crd::consumer::Credential& credential) {
  if (!credential.api_key_secret_ref) {
    return "";
  }
  const auto& ref = *credential.api_key_secret_ref;
  const auto stored = input.secrets.get(input.object.metadata.namespace_, ref.name, ref.key);
  const Secret key = stored ? snapshot::usable_key(*stored) : Secret();
  return key.empty() ? "" : sha256_hex(key.reveal()).substr(0, kPrefixLength);
}

void decide_access(const Input& input, Plan& plan) {
  const auto& spec = input.object.spec;
  if (spec.suspended) {
    plan.barred = condition::Finding{std::string(kSuspended),
                                     "spec.suspended refuses all calls; set it to false"};
  } else if (spec.expires_at && *spec.expires_at <= input.now) {
    plan.barred = condition::Finding{std::string(kExpired),
                                     "access ended at " + format_rfc3339(*spec.expires_at) +
                                         "; move spec.expiresAt into the future"};
  } else if (spec.expires_at) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*spec.expires_at - input.now);
    plan.look_again = std::min<std::chrono::milliseconds>(left, kLongestWait);
  }
}

}  // namespace

bool Plan::any_usable() const {
  return std::ranges::any_of(credentials,
                             [](const CredentialVerdict& item) { return !item.problem; });
}

const condition::Finding* Plan::first_problem() const {
  for (const auto& credential : credentials) {
    if (credential.problem) {
      return &*credential.problem;
    }
  }
  return nullptr;
}

Plan decide(const Input& input) {
  Plan plan;
  const auto problems = problems_of(input);
  const auto& credentials = input.object.spec.credentials;
  for (std::size_t i = 0; i < credentials.size(); ++i) {
    CredentialVerdict verdict;
    verdict.name = credentials[i].name;
    verdict.key_prefix = key_prefix(input, credentials[i]);
    const std::string at = "/spec/credentials/" + std::to_string(i);
    const auto problem = std::ranges::find_if(problems, [&](const snapshot::Problem& item) {
      return item.field == at || item.field.starts_with(at + "/");
    });
    if (problem != problems.end()) {
      verdict.problem = condition::Finding{problem->reason, problem->message};
    }
    plan.credentials.push_back(std::move(verdict));
  }
  decide_access(input, plan);
  return plan;
}

}  // namespace penstock::controller::consumer
