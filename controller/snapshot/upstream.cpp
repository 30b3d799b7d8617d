#include "controller/snapshot/upstream.h"

#include "controller/snapshot/endpoint_url.h"

namespace penstock::controller::snapshot {
namespace {

namespace md = crd::model_deployment;
namespace doc = gateway::snapshot;

doc::Task task_of(md::ModelTask task) {
  switch (task) {
    case md::ModelTask::kCompletion:
      return doc::Task::kCompletion;
    case md::ModelTask::kEmbedding:
      return doc::Task::kEmbedding;
    case md::ModelTask::kRerank:
      return doc::Task::kRerank;
    case md::ModelTask::kImage:
      return doc::Task::kImage;
    case md::ModelTask::kAudio:
      return doc::Task::kAudio;
    case md::ModelTask::kPredict:
      return doc::Task::kPredict;
    case md::ModelTask::kChat:
    case md::ModelTask::kUnknown:
      return doc::Task::kChat;
  }
  return doc::Task::kChat;
}

doc::Deployment model_of(const crd::ModelDeployment& object) {
  const auto& model = object.spec.model;
  doc::Deployment out;
  out.name = object.metadata.full_name();
  out.model = model.name;
  out.aliases = model.aliases;
  out.upstream_model =
      model.name;  // clients may have asked by an alias, which the upstream does not know
  out.task = task_of(model.task.value());
  out.context_length = model.context_length.value_or(0);
  return out;
}

class ProviderUpstream {
 public:
  ProviderUpstream(const crd::ModelDeployment& object, const SecretStore& secrets,
                   Problems& problems)
      : object_(object), provider_(*object.spec.provider), secrets_(secrets), problems_(problems) {}

  std::optional<doc::Deployment> build() {
    out_ = model_of(object_);
    out_.managed = true;
    out_.region = provider_.region.value_or("");
    out_.residency = provider_.residency.value_or("");
    out_.upstream_model = provider_.upstream_model.value_or(object_.spec.model.name);
    const bool good = set_dialect() && set_address() && set_credentials();
    return good ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  bool set_dialect() {
    switch (provider_.type.value()) {
      case md::ProviderType::kAzureOpenAI:
        out_.dialect = doc::Dialect::kAzureOpenAI;
        out_.azure_deployment = provider_.deployment.value_or("");
        out_.azure_api_version = provider_.api_version.value_or("");
        return true;
      case md::ProviderType::kOpenAI:
      case md::ProviderType::kOpenAICompatible:
        return true;
      default:
        report("/spec/provider/type", kNotSupported,
               "this version does not speak the API of provider type " +
                   std::string(provider_.type.name()) +
                   "; if the endpoint also offers the OpenAI API, use OpenAICompatible");
        return false;
    }
  }

  bool set_address() {
    const auto url = parse_endpoint_url(provider_.endpoint);
    if (!url) {
      report("/spec/provider/endpoint", kInvalidEndpoint, url.error().message());
      return false;
    }
    if (out_.dialect == doc::Dialect::kOpenAI && !url->path.empty()) {
      out_.path_prefix = url->path;
    }
    out_.endpoints = {{.id = url->host + ":" + std::to_string(url->port),
                       .host = url->host,
                       .port = url->port,
                       .tls = url->tls,
                       .ready = true,
                       .draining = false}};
    return true;
  }

  bool set_credentials() {
    if (!provider_.auth) {
      return true;
    }
    if (!provider_.auth->api_key_secret_ref) {
      report(
          "/spec/provider/auth", kNotSupported,
          "this version authenticates at providers with API keys only; use auth.apiKeySecretRef");
      return false;
    }
    const auto& ref = *provider_.auth->api_key_secret_ref;
    const auto key = secrets_.get(object_.metadata.namespace_, ref.name, ref.key);
    if (!key) {
      report("/spec/provider/auth/apiKeySecretRef", kSecretNotFound, key.error().message());
      return false;
    }
    std::string_view value = key->reveal();
    while (value.ends_with('\n') || value.ends_with('\r') || value.ends_with(' ')) {
      value.remove_suffix(1);
    }
    const bool usable = !value.empty() && value.find_first_of("\r\n") == std::string_view::npos;
    if (!usable) {
      report("/spec/provider/auth/apiKeySecretRef", kEmptyKey,
             "Secret " + object_.metadata.namespace_ + "/" + ref.name +
                 " holds no usable key under \"" + ref.key + "\": it must be one line of text");
      return false;
    }
    const bool azure = out_.dialect == doc::Dialect::kAzureOpenAI;
    out_.auth_header = azure ? "api-key" : "authorization";
    out_.auth_value = Secret((azure ? "" : "Bearer ") + std::string(value));
    return true;
  }

  void report(std::string field, std::string_view reason, std::string message) {
    problems_.push_back({{std::string(crd::ModelDeployment::kKind), object_.metadata.namespace_,
                          object_.metadata.name},
                         std::move(field),
                         std::string(reason),
                         std::move(message)});
  }

  const crd::ModelDeployment& object_;
  const md::Provider& provider_;
  const SecretStore& secrets_;
  Problems& problems_;
  doc::Deployment out_;
};

}  // namespace

doc::Deployment engine_upstream(const crd::ModelDeployment& object,
                                std::vector<doc::Endpoint> endpoints,
                                const std::string& cluster_residency) {
  doc::Deployment out = model_of(object);
  const auto& scaling = object.spec.scaling;
  const md::ColdStart cold_start =
      scaling ? scaling->cold_start.value_or(md::ColdStart{}) : md::ColdStart{};
  out.cold_start = {.max_wait = std::chrono::ceil<std::chrono::milliseconds>(cold_start.max_wait),
                    .spill_while_waiting = cold_start.spill_while_waiting};
  out.residency = cluster_residency;
  out.endpoints = std::move(endpoints);
  return out;
}

std::optional<doc::Deployment> provider_upstream(const crd::ModelDeployment& object,
                                                 const SecretStore& secrets, Problems& problems) {
  return ProviderUpstream(object, secrets, problems).build();
}

}  // namespace penstock::controller::snapshot
