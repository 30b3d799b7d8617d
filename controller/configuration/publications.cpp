#include "controller/configuration/publications.h"

#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/log.h"
#include "controller/inferencegateway/names.h"
#include "kube/fields.h"

namespace penstock::controller::configuration {
namespace {

/// Decimal since Kubernetes 1.35 promises it (KEP-5504); 0 for anything else.
std::uint64_t number_of(const std::string& resource_version) {
  std::uint64_t out = 0;
  const char* end = resource_version.data() + resource_version.size();
  const auto [parsed, problem] = std::from_chars(resource_version.data(), end, out);
  return problem == std::errc() && parsed == end ? out : 0;
}

}  // namespace

void Publications::publish(const kube::ObjectKey& secret, Publication publication) {
  auto next = std::make_shared<const Publication>(std::move(publication));
  {
    const std::lock_guard lock(mutex_);
    newest_[secret] = std::move(next);
  }
  changed_.notify_all();
}

void Publications::withdraw(const kube::ObjectKey& secret) {
  const std::lock_guard lock(mutex_);
  newest_.erase(secret);
}

void Publications::seen(const kube::Change& change) {
  const kube::Object& secret = kube::subject(change);
  if (!secret.label(child::kGatewayLabel)) {
    return;
  }
  if (std::holds_alternative<kube::Deleted>(change)) {
    withdraw(secret.key());
    return;
  }
  const json::Value* data = kube::member(secret.value(), "data");
  const std::string text =
      data == nullptr ? std::string() : kube::text_at(*data, inferencegateway::kSnapshotKey);
  if (text.empty()) {
    return;  // another Secret of the gateway: its identity
  }
  auto bytes = base64_decode(text);
  const std::uint64_t version = number_of(secret.resource_version());
  if (!bytes || bytes->empty() || version == 0) {
    log::warn("a gateway's configuration cannot be offered",
              {{"secret", secret.key().full_name()}, {"version", secret.resource_version()}});
    return;
  }
  publish(secret.key(), {version, std::move(*bytes)});
}

PublicationPtr Publications::wait_for(const authority::GatewayIdentity& gateway,
                                      std::uint64_t known, SteadyTime deadline,
                                      const std::stop_token& stop) const {
  const kube::ObjectKey secret{gateway.name_space, inferencegateway::snapshot_name(gateway.name)};
  PublicationPtr found;
  std::unique_lock lock(mutex_);
  waiter_.wait_until(lock, changed_, deadline, stop, [&] {
    const auto entry = newest_.find(secret);
    found = entry != newest_.end() && entry->second->version != known ? entry->second : nullptr;
    return found != nullptr;
  });
  return found;
}

}  // namespace penstock::controller::configuration
