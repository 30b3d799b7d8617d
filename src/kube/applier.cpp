#include "kube/applier.h"

#include <nlohmann/json.hpp>

#include "base/secret.h"
#include "json/write.h"
#include "kube/fields.h"

namespace penstock::kube {
namespace {

/// `live` cut down to the members that `intent` has. Lists stay whole.
json::Value covered(const json::Value& live, const json::Value& intent) {
  if (!live.is_object() || !intent.is_object()) {
    return live;
  }
  json::Value out = json::Value::object();
  for (const auto& [name, inner] : intent.items()) {
    const json::Value* found = member(live, name);
    if (found != nullptr) {
      out[name] = covered(*found, inner);
    }
  }
  return out;
}

/// What an apply of `intent` would put right if somebody changed it, and which incarnation it is.
/// What others add beside it (the deployment controller's revision, a webhook's labels) is not
/// ours.
std::string fingerprint(const Object& object, const Object& intent, bool status) {
  json::Value ours = {{"uid", object.uid()}};
  if (status) {
    const json::Value* content = member(object.value(), "status");
    ours["status"] = content == nullptr ? json::Value() : *content;
  } else {
    ours["content"] = covered(object.value(), intent.value());
  }
  return sha256_hex(json::write(ours));
}

Result<> check_intent(const Object& intent, bool status) {
  const json::Value* metadata = member(intent.value(), "metadata");
  const auto has = [&](const char* field) {
    return metadata != nullptr && member(*metadata, field) != nullptr;
  };
  if (intent.name().empty()) {
    return fail(Code::kInternal, "an intent to apply has no metadata.name");
  }
  if (has("managedFields") || has("resourceVersion") ||
      (!status && member(intent.value(), "status") != nullptr)) {
    return fail(Code::kInternal, "the intent for " + intent.key().full_name() +
                                     " carries status, managedFields or resourceVersion");
  }
  return {};
}

}  // namespace

Applier::Applier(Client& client, std::string field_manager)
    : client_(client), field_manager_(std::move(field_manager)) {}

Result<Applier::Outcome> Applier::apply(const Resource& resource, const Object& intent,
                                        const Object& cached, std::stop_token stop) {
  return send({resource, intent.key(), false}, intent, cached, std::move(stop));
}

Result<Applier::Outcome> Applier::apply_status(const Resource& resource, const Object& intent,
                                               const Object& cached, std::stop_token stop) {
  return send({resource, intent.key(), true}, intent, cached, std::move(stop));
}

Result<Applier::Outcome> Applier::send(const Name& name, const Object& intent, const Object& cached,
                                       std::stop_token stop) {
  PENSTOCK_CHECK_OK(check_intent(intent, name.status));
  std::string wanted = sha256_hex(json::write(intent.value()));
  if (!cached.empty()) {
    const std::lock_guard lock(mutex_);
    const auto known = memory_.find(name);
    if (known != memory_.end() && known->second.intent == wanted &&
        known->second.live == fingerprint(cached, intent, name.status)) {
      return Outcome{cached, false};
    }
  }
  ApplyOptions options;
  options.field_manager = name.status ? field_manager_ + "-status" : field_manager_;
  options.subresource = name.status ? "status" : "";
  auto live = client_.apply(name.resource, intent, options, std::move(stop));
  const std::lock_guard lock(mutex_);
  if (!live) {
    memory_.erase(name);  // whatever happened, look again next time
    return fail(std::move(live).error());
  }
  memory_[name] = {std::move(wanted), fingerprint(*live, intent, name.status)};
  return Outcome{*live, cached.resource_version() != live->resource_version()};
}

void Applier::forget(const Resource& resource, const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  memory_.erase({resource, key, false});
  memory_.erase({resource, key, true});
}

}  // namespace penstock::kube
