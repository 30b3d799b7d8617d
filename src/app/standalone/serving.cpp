#include "app/standalone/serving.h"

#include <algorithm>
#include <charconv>

#include "controller/snapshot/consumers.h"

namespace penstock::app::standalone {

namespace doc = gateway::snapshot;
using controller::snapshot::Resources;

Result<std::string> choose_gateway(const Resources& resources, const std::string& wanted) {
  std::string all;
  std::vector<std::string> fitting;
  for (const auto& gateway : resources.gateways) {
    const std::string name = gateway.metadata.full_name();
    all += (all.empty() ? "" : ", ") + name;
    if (wanted.empty() || wanted == name || wanted == gateway.metadata.name) {
      fitting.push_back(name);
    }
  }
  if (fitting.size() == 1) {
    return fitting.front();
  }
  if (all.empty()) {
    return fail(Code::kNotFound,
                "there is no good InferenceGateway in the configuration; add one "
                "(examples/quickstart has one)");
  }
  if (fitting.empty()) {
    return fail(Code::kNotFound,
                "there is no InferenceGateway \"" + wanted + "\"; there is " + all);
  }
  return fail(Code::kInvalid,
              "the configuration has several InferenceGateways; choose one with --gateway: " + all);
}

controller::snapshot::Endpoints endpoints_of(
    const std::map<std::string, std::vector<EngineAddress>>& addresses) {
  controller::snapshot::Endpoints out;
  for (const auto& [deployment, engines] : addresses) {
    for (const auto& engine : engines) {
      out[deployment].push_back({.id = engine.id,
                                 .host = "127.0.0.1",
                                 .port = engine.port,
                                 .tls = false,
                                 .ready = engine.ready,
                                 .draining = engine.draining});
    }
  }
  return out;
}

std::vector<doc::Listener> listeners_of(const doc::Document& document,
                                        const std::optional<ListenAddress>& listen) {
  auto listeners = document.listeners;
  if (listen && !listeners.empty()) {
    listeners.front().address = listen->address;
    listeners.front().port = listen->port;
  }
  return listeners;
}

bool same_listeners(const doc::Document& before, const doc::Document& after) {
  return std::ranges::equal(before.listeners, after.listeners, [](const auto& a, const auto& b) {
    return a.name == b.name && a.port == b.port && a.tls == b.tls;
  });
}

std::uint64_t calls_in_flight(std::string_view metrics) {
  constexpr std::string_view kLine = "\npenstock_gateway_requests_in_flight ";
  const auto at = metrics.find(kLine);
  std::uint64_t calls = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = metrics.substr(at + kLine.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), calls);
  }
  return calls;
}

std::uint64_t calls_open(const gateway::demand::Report& demand, std::string_view metrics,
                         std::string_view id) {
  const std::string_view deployment = id.substr(0, id.rfind('-'));
  std::int64_t here = 0;
  std::int64_t waiting = 0;
  for (const auto& one : demand.deployments) {
    waiting += one.queued + one.waiting_for_start;
    if (one.name_space + "/" + one.name == deployment) {
      here = one.in_flight;
    }
  }
  const auto all = static_cast<std::int64_t>(calls_in_flight(metrics));
  return static_cast<std::uint64_t>(std::max({here, all - waiting, std::int64_t{0}}));
}

std::optional<FirstKey> first_api_key(const Resources& resources, const doc::Document& document) {
  for (std::uint32_t index = 0; index < document.consumers.size(); ++index) {
    const auto found =
        std::ranges::find(resources.consumers, document.consumers[index].name,
                          [](const auto& consumer) { return consumer.metadata.full_name(); });
    if (found == resources.consumers.end() || found->spec.suspended) {
      continue;
    }
    for (const auto& credential : found->spec.credentials) {
      if (!credential.api_key_secret_ref) {
        continue;
      }
      const auto secret =
          resources.secrets.get(found->metadata.namespace_, credential.api_key_secret_ref->name,
                                credential.api_key_secret_ref->key);
      const auto key = secret ? controller::snapshot::usable_key(*secret) : Secret();
      const bool in_force =
          !key.empty() && std::ranges::any_of(document.api_keys, [&](const doc::ApiKey& item) {
            return item.consumer == index && item.sha256_hex == sha256_hex(key.reveal());
          });
      if (in_force) {
        return FirstKey{key, index};
      }
    }
  }
  return std::nullopt;
}

}  // namespace penstock::app::standalone
