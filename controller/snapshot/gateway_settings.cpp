#include "controller/snapshot/gateway_settings.h"

#include <algorithm>

namespace penstock::controller::snapshot {
namespace {

namespace igw = crd::inference_gateway;
using std::chrono::ceil;
using std::chrono::milliseconds;

/// No HTTP header can carry it, so a rule with this value lets nobody in.
constexpr const char* kImpossibleValue = "\n";

class Settings {
 public:
  Settings(const crd::InferenceGateway& gateway, const SecretStore& secrets,
           gateway::snapshot::Document& document, Problems& problems)
      : gateway_(gateway), secrets_(secrets), document_(document), problems_(problems) {}

  void apply() {
    document_.gateway = gateway_.metadata.full_name();
    const auto& spec = gateway_.spec;
    for (std::size_t i = 0; i < spec.listeners.size(); ++i) {
      add_listener(spec.listeners[i], "/spec/listeners/" + std::to_string(i));
    }
    if (spec.limits) {
      set_limits(*spec.limits);
    }
    if (spec.cors) {
      document_.cors = {spec.cors->allow_origins, spec.cors->allow_headers};
    }
    if (spec.telemetry) {
      document_.telemetry.access_log = spec.telemetry->access_log;
    }
    if (spec.edge) {
      set_edge(*spec.edge);
    }
    if (spec.identity && !spec.identity->issuers.empty()) {
      report("/spec/identity/issuers", kNotApplied,
             "identity.issuers is not applied by this version: calls with JSON Web Tokens are "
             "refused; use "
             "API keys");
    }
  }

 private:
  void add_listener(const igw::Listener& listener, const std::string& at) {
    const bool tls = listener.protocol == igw::ListenerProtocol::kHTTPS;
    gateway::snapshot::Listener out;
    out.name = listener.name;
    out.port = static_cast<std::uint16_t>(listener.port);
    out.tls = tls;
    out.min_tls_version =
        listener.min_tls_version == igw::ListenerMinTLSVersion::kTLS13 ? "1.3" : "1.2";
    if (tls && !(listener.tls_secret_ref && read_certificate(*listener.tls_secret_ref, at, out))) {
      return;
    }
    if (listener.hostname) {
      report(at + "/hostname", kNotApplied,
             "listener " + listener.name +
                 " answers to every host name: hostname is not applied by this version");
    }
    // Listeners of one port differ only by hostname: one socket serves them all.
    const bool open = std::ranges::any_of(
        document_.listeners, [&](const auto& other) { return other.port == out.port; });
    if (!open) {
      document_.listeners.push_back(std::move(out));
    }
  }

  bool read_certificate(const crd::LocalRef& ref, const std::string& at,
                        gateway::snapshot::Listener& out) {
    const auto certificate = secrets_.get(gateway_.metadata.namespace_, ref.name, "tls.crt");
    const auto key = secrets_.get(gateway_.metadata.namespace_, ref.name, "tls.key");
    if (!certificate || !key) {
      report(at + "/tlsSecretRef", kSecretNotFound,
             "listener " + out.name +
                 " is left out: " + (certificate ? key : certificate).error().message());
      return false;
    }
    out.certificate_pem = certificate->reveal();
    out.private_key_pem = *key;
    return true;
  }

  void set_limits(const igw::Limits& limits) {
    document_.limits.max_body_bytes = static_cast<std::uint64_t>(limits.max_body_bytes);
    document_.limits.max_header_bytes = static_cast<std::uint32_t>(limits.max_header_bytes);
    document_.limits.max_streams = static_cast<std::uint32_t>(limits.max_streams);
    document_.limits.request_timeout = ceil<milliseconds>(limits.request_timeout);
    document_.limits.idle_timeout = ceil<milliseconds>(limits.idle_timeout);
  }

  void set_edge(const igw::Edge& edge) {
    document_.edge.required_header = edge.required_header;
    std::ranges::transform(
        document_.edge.required_header, document_.edge.required_header.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    auto value = secrets_.get(gateway_.metadata.namespace_, edge.value_secret_ref.name,
                              edge.value_secret_ref.key);
    if (value && value->empty()) {
      value = fail(Code::kInvalid, "Secret " + gateway_.metadata.namespace_ + "/" +
                                       edge.value_secret_ref.name + " has an empty value under \"" +
                                       edge.value_secret_ref.key + "\"");
    }
    if (!value) {
      report("/spec/edge/valueSecretRef", kSecretNotFound,
             "every call is refused with 403 until the front door's secret exists: " +
                 value.error().message());
    }
    document_.edge.value = value ? *value : Secret(kImpossibleValue);
  }

  void report(std::string field, std::string_view reason, std::string message) {
    problems_.push_back({{std::string(crd::InferenceGateway::kKind), gateway_.metadata.namespace_,
                          gateway_.metadata.name},
                         std::move(field),
                         std::string(reason),
                         std::move(message)});
  }

  const crd::InferenceGateway& gateway_;
  const SecretStore& secrets_;
  gateway::snapshot::Document& document_;
  Problems& problems_;
};

}  // namespace

void apply_gateway_settings(const crd::InferenceGateway& gateway, const SecretStore& secrets,
                            gateway::snapshot::Document& document, Problems& problems) {
  Settings(gateway, secrets, document, problems).apply();
}

}  // namespace penstock::controller::snapshot
