#include "controller/snapshot/consumers.h"

#include <algorithm>
#include <map>

namespace penstock::controller::snapshot {
namespace {

class Consumers {
 public:
  Consumers(const SecretStore& secrets, gateway::snapshot::Document& document, Problems& problems)
      : secrets_(secrets), document_(document), problems_(problems) {}

  void add(const crd::Consumer& consumer) {
    const auto& spec = consumer.spec;
    gateway::snapshot::Consumer out;
    out.name = consumer.metadata.full_name();
    out.labels = consumer.metadata.labels;
    if (spec.billing) {
      out.billing = {spec.billing->organization.value_or(""),
                     spec.billing->business_unit.value_or(""), spec.billing->project.value_or(""),
                     spec.billing->cost_center.value_or("")};
    }
    out.priority = priority_of(consumer);
    out.weight = static_cast<std::uint32_t>(std::max(spec.weight, 1));
    out.expires_at = spec.expires_at;
    if (spec.suspended) {
      out.allowed_models.emplace();  // none: known, and refused
    } else if (!spec.allowed_models.empty()) {
      out.allowed_models = spec.allowed_models;
    }
    document_.consumers.push_back(std::move(out));
    for (std::size_t i = 0; i < spec.credentials.size(); ++i) {
      add_credential(consumer, spec.credentials[i], "/spec/credentials/" + std::to_string(i));
    }
  }

 private:
  void add_credential(const crd::Consumer& consumer, const crd::consumer::Credential& credential,
                      const std::string& at) {
    if (!credential.api_key_secret_ref) {
      report(
          consumer, at, kNotSupported,
          "credential " + credential.name +
              " is left out: this version of the gateway knows API keys only; use apiKeySecretRef");
      return;
    }
    const auto& ref = *credential.api_key_secret_ref;
    const auto secret = secrets_.get(consumer.metadata.namespace_, ref.name, ref.key);
    if (!secret) {
      report(consumer, at + "/apiKeySecretRef", kSecretNotFound, secret.error().message());
      return;
    }
    const Secret key = usable_key(*secret);
    if (key.empty()) {
      report(consumer, at + "/apiKeySecretRef", kEmptyKey,
             "Secret " + consumer.metadata.namespace_ + "/" + ref.name +
                 " has an empty value under \"" + ref.key + "\"; write the API key there");
      return;
    }
    const auto index = static_cast<std::uint32_t>(document_.consumers.size() - 1);
    std::string digest = sha256_hex(key.reveal());
    const auto [owner, is_new] = owners_.try_emplace(digest, index);
    if (is_new) {
      document_.api_keys.push_back({std::move(digest), index});
    } else if (owner->second != index) {
      report(consumer, at + "/apiKeySecretRef", kKeyShared,
             "credential " + credential.name + " has the same key as Consumer " +
                 document_.consumers[owner->second].name +
                 ", which keeps it; give each Consumer a key of its own");
    }
  }

  void report(const crd::Consumer& consumer, std::string field, std::string_view reason,
              std::string message) {
    problems_.push_back(
        {{std::string(crd::Consumer::kKind), consumer.metadata.namespace_, consumer.metadata.name},
         std::move(field),
         std::string(reason),
         std::move(message)});
  }

  const SecretStore& secrets_;
  gateway::snapshot::Document& document_;
  Problems& problems_;
  std::map<std::string, std::uint32_t> owners_;  ///< digest → consumer
};

}  // namespace

Secret usable_key(const Secret& stored) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::string_view key = stored.reveal();
  const auto first = key.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? Secret()
             : Secret(std::string(key.substr(first, key.find_last_not_of(kBlanks) - first + 1)));
}

std::int32_t priority_of(const crd::Consumer& consumer) {
  const auto& priority = consumer.spec.priority;
  if (priority.is_int()) {
    return static_cast<std::int32_t>(priority.as_int());
  }
  const std::string word = priority.text();
  return word == "Interactive" ? 100 : word == "Batch" ? -100 : 0;
}

void apply_consumers(const std::vector<crd::Consumer>& consumers, const SecretStore& secrets,
                     gateway::snapshot::Document& document, Problems& problems) {
  std::vector<const crd::Consumer*> sorted;
  sorted.reserve(consumers.size());
  for (const auto& consumer : consumers) {
    sorted.push_back(&consumer);
  }
  std::ranges::sort(sorted, {},
                    [](const crd::Consumer* consumer) { return consumer->metadata.full_name(); });
  Consumers work(secrets, document, problems);
  for (const auto* consumer : sorted) {
    work.add(*consumer);
  }
}

}  // namespace penstock::controller::snapshot
