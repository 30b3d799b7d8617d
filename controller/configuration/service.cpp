#include "controller/configuration/service.h"

#include "base/log.h"
#include "kube/server_url.h"

namespace penstock::controller::configuration {
namespace {

Result<authority::Leaf> own_leaf(const std::string& text) {
  PENSTOCK_TRY(url, kube::parse_server_url(text, "--configuration-url"));
  if (!url.tls || !url.path.empty()) {
    return fail(Code::kInvalid,
                "--configuration-url \"" + text +
                    "\" is not https://HOST:PORT; write the host under which gateway pods reach "
                    "the controller");
  }
  authority::Leaf leaf;
  leaf.use = authority::Use::kServer;
  leaf.common_name = "penstock controller";
  (url.is_address() ? leaf.addresses : leaf.names) = {url.host};
  return leaf;
}

}  // namespace

Result<std::unique_ptr<Service>> Service::make(kube::Client& client, const Waiter& waiter,
                                               ServiceOptions options, Hooks hooks) {
  PENSTOCK_CHECK_OK(authority::check_policy(options.policy));
  PENSTOCK_TRY(leaf, own_leaf(options.url));
  return std::unique_ptr<Service>(
      new Service(client, waiter, std::move(options), std::move(hooks), std::move(leaf)));
}

Service::Service(kube::Client& client, const Waiter& waiter, ServiceOptions options, Hooks hooks,
                 authority::Leaf leaf)
    : options_(std::move(options)),
      hooks_(std::move(hooks)),
      leaf_(std::move(leaf)),
      waiter_(waiter),
      publications_(waiter),
      keeper_(
          client, waiter, {options_.name_space, std::string(authority::kSecretName)},
          options_.policy, hooks_.leading,
          [this](const authority::Authority& now, bool changed) { told(now, changed); },
          options_.timing) {}

Result<> Service::listen() {
  PENSTOCK_TRY(server, Server::start(options_.server, publications_, hooks_.demand, waiter_));
  server_ = std::move(server);
  log::info("offering configurations",
            {{"host", options_.server.host}, {"port", server_->port()}, {"url", options_.url}});
  return {};
}

void Service::run(const std::stop_token& stop) {
  keeper_.run(stop);
  close();
}

void Service::close() {
  server_.reset();
}

void Service::told(const authority::Authority& authority, bool changed) {
  auto kept = authority::keep(authority, leaf_, own_, waiter_.wall_now(), options_.policy);
  if (!kept) {
    log::warn("our own certificate cannot be renewed", {{"error", kept.error().to_string()}});
    return;
  }
  if (changed || kept->fresh) {
    if (const auto used = server_->use(kept->pair, authority.bundle()); !used) {
      log::warn("our own certificate cannot be used", {{"error", used.error().to_string()}});
      return;
    }
    own_ = std::move(kept->pair);
  }
  if (changed) {
    hooks_.on_new_bundle();
  }
}

}  // namespace penstock::controller::configuration
