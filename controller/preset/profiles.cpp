#include "controller/preset/profiles.h"

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "json/yaml.h"

namespace penstock::controller::preset {
namespace {

/// Helm's own: an upgrade that changes a field must not meet another manager of it.
constexpr std::string_view kFieldManager = "helm";
constexpr std::chrono::seconds kAgainAfter{5};

/// What `helm upgrade` asks of an object that it did not create itself.
json::Value owned(const json::Value& profile, const Profiles& profiles) {
  json::Value out = profile;
  out["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm";
  auto& annotations = out["metadata"]["annotations"];
  annotations["meta.helm.sh/release-name"] = profiles.release;
  annotations["meta.helm.sh/release-namespace"] = profiles.release_namespace;
  return out;
}

}  // namespace

Result<> create_missing(kube::Client& client, const Profiles& profiles,
                        const std::stop_token& stop) {
  const auto stream = json::parse_yaml(profiles.text, "presets");
  PENSTOCK_CHECK_OK(stream.check());
  for (const auto& document : stream.documents) {
    const kube::Object profile(owned(*document.value, profiles));
    const auto live = client.get(kube::resources::kAcceleratorProfiles, profile.key(), stop);
    if (live) {
      continue;
    }
    if (live.error().code() != Code::kNotFound) {
      return fail(live.error());
    }
    PENSTOCK_CHECK_OK(client.apply(kube::resources::kAcceleratorProfiles, profile,
                                   {.field_manager = std::string(kFieldManager), .force = false},
                                   stop));
    log::info("created a preset", {{"acceleratorProfile", profile.name()}});
  }
  return {};
}

void create_missing_at_last(kube::Client& client, const Profiles& profiles, const Waiter& waiter,
                            const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto done = create_missing(client, profiles, stop);
    if (done) {
      return;
    }
    log::warn("AcceleratorProfiles could not be created; trying again",
              {{"error", done.error().to_string()}});
    waiter.sleep(kAgainAfter, stop);
  }
}

}  // namespace penstock::controller::preset
