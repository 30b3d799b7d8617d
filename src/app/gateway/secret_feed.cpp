#include "app/gateway/secret_feed.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/log.h"
#include "kube/fields.h"

namespace penstock::app::gateway_role {

Result<std::unique_ptr<SecretFeed>> SecretFeed::start(const kube::ObjectKey& secret) {
  PENSTOCK_TRY(config, kube::find_cluster_config({}, kube::process_environment));
  auto feed = std::unique_ptr<SecretFeed>(new SecretFeed());
  kube::ConnectionOptions connection;
  connection.caller.user_agent = "penstock-gateway";
  PENSTOCK_TRY(connected, kube::Connection::make(config, connection));
  feed->connection_ = std::move(connected);
  feed->descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (feed->descriptor_ < 0) {
    return fail(Code::kUnavailable, "no descriptor is left");
  }
  kube::InformerOptions options;
  options.name_space = secret.name_space;
  // With this selector the right to one named Secret is enough for list and watch.
  options.selection.field_selector = "metadata.name=" + secret.name;
  feed->informer_ = std::make_unique<kube::Informer>(feed->connection_->client(), system_waiter(),
                                                     kube::resources::kSecrets, options);
  feed->informer_->add_handler(
      [feed = feed.get()](const kube::Change& change) { feed->seen(change); });
  feed->thread_ = std::jthread(
      [informer = feed->informer_.get()](std::stop_token stop) { informer->run(std::move(stop)); });
  return feed;
}

SecretFeed::~SecretFeed() {
  thread_ = {};  // stops and joins
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void SecretFeed::seen(const kube::Change& change) {
  if (std::holds_alternative<kube::Deleted>(change)) {
    log::warn("the configuration's Secret was deleted; the last one stays in force");
    return;
  }
  const auto* data = kube::member(kube::subject(change).value(), "data");
  auto content = base64_decode(data == nullptr ? "" : kube::text_at(*data, kSnapshotKey));
  if (!content || content->empty()) {
    log::warn("the Secret holds no configuration; the last one stays in force");
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    newest_ =
        Arrival{version_number(kube::subject(change).resource_version()), std::move(*content)};
  }
  eventfd_write(descriptor_, 1);
}

std::optional<Arrival> SecretFeed::take() {
  eventfd_t ignored = 0;
  eventfd_read(descriptor_, &ignored);
  const std::lock_guard lock(mutex_);
  return std::exchange(newest_, std::nullopt);
}

}  // namespace penstock::app::gateway_role
