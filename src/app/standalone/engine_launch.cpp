#include "app/standalone/engine_launch.h"

#include <algorithm>

namespace penstock::app::standalone {
namespace {

namespace md = crd::model_deployment;

using Words = std::vector<std::string>;
using Launch = std::expected<Words, LaunchProblem>;

/// "registry:5000/team/penstock:v1@sha256:…" → "penstock"
std::string_view image_name(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const auto slash = image.rfind('/');
  if (slash != std::string_view::npos) {
    image.remove_prefix(slash + 1);
  }
  return image.substr(0, image.find(':'));
}

bool is_simulator(const md::Engine& engine) {
  return engine.image && image_name(*engine.image) == "penstock" && !engine.args.empty() &&
         engine.args.front() == "engine";
}

bool has_flag(const Words& words, std::string_view flag) {
  return std::ranges::any_of(words, [flag](const std::string& word) {
    return word == flag ||
           (word.starts_with(flag) && word.size() > flag.size() && word[flag.size()] == '=');
  });
}

void append(Words& words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
}

Words simulator(const md::Engine& engine, const LocalPrograms& programs) {
  Words words{programs.penstock};
  words.insert(words.end(), engine.args.begin(), engine.args.end());
  if (!has_flag(words, "--host")) {
    append(words, {"--host", "127.0.0.1"});  // its port is for the gateway only
  }
  if (!has_flag(words, "--port")) {
    append(words, {"--port", "$(PORT)"});
  }
  return words;
}

Launch llama_server(const md::Engine& engine, const md::Model& model,
                    const LocalPrograms& programs) {
  const auto program = programs.find("llama-server");
  if (!program) {
    return std::unexpected(LaunchProblem{
        "/spec/engine/type",
        "engine type LlamaCpp needs llama-server, which is not on PATH: install llama.cpp (its "
        "releases and "
        "most package managers have it, or build it from source), or set engine.command"});
  }
  Words words{*program,  "--host",  "127.0.0.1", "--port",
              "$(PORT)", "--alias", model.name,  "--metrics"};
  if (model.context_length) {
    append(words, {"--ctx-size", std::to_string(*model.context_length)});
  }
  if (engine.source && engine.source->hugging_face) {
    const auto& source = *engine.source->hugging_face;
    append(words, {"--hf-repo", source.repo});
    if (source.file) {
      append(words, {"--hf-file", *source.file});
    }
  } else if (engine.source && engine.source->http) {
    append(words, {"--model-url", engine.source->http->url});
  } else if (engine.source) {
    return std::unexpected(LaunchProblem{
        "/spec/engine/source",
        "this source of weights is mounted or copied by a cluster; on one machine use huggingFace "
        "or http, or "
        "remove it and give the file in engine.args: [--model, /path/to/model.gguf]"});
  } else if (!has_flag(engine.args, "--model") && !has_flag(engine.args, "-m")) {
    return std::unexpected(LaunchProblem{
        "/spec/engine",
        "engine type LlamaCpp needs weights: set engine.source.huggingFace, or engine.args: "
        "[--model, /path/to/model.gguf]"});
  }
  words.insert(words.end(), engine.args.begin(), engine.args.end());
  return words;
}

Launch vllm(const md::Engine& engine, const md::Model& model, const LocalPrograms& programs) {
  const auto program = programs.find("vllm");
  if (!program) {
    return std::unexpected(LaunchProblem{"/spec/engine/type",
                                         "engine type VLLM needs a GPU and the vllm command, which "
                                         "is not on PATH: install vLLM, apply this "
                                         "manifest to a cluster, set engine.command, or try "
                                         "without a GPU with image: penstock and args: [engine]"});
  }
  const auto hub = engine.source ? engine.source->hugging_face : std::optional<md::HuggingFace>();
  if (engine.source && !hub) {
    return std::unexpected(LaunchProblem{
        "/spec/engine/source",
        "this source of weights is mounted or copied by a cluster; on one machine use "
        "huggingFace, or set engine.command"});
  }
  Words words{*program, "serve",   hub ? hub->repo : model.name, "--host",  "127.0.0.1",
              "--port", "$(PORT)", "--served-model-name",        model.name};
  if (hub && hub->revision) {
    append(words, {"--revision", *hub->revision});
  }
  if (model.context_length) {
    append(words, {"--max-model-len", std::to_string(*model.context_length)});
  }
  if (engine.parallelism && engine.parallelism->tensor > 1) {
    append(words, {"--tensor-parallel-size", std::to_string(engine.parallelism->tensor)});
  }
  words.insert(words.end(), engine.args.begin(), engine.args.end());
  return words;
}

Launch words_of(const md::Engine& engine, const md::Model& model, const LocalPrograms& programs) {
  if (!engine.command.empty()) {
    Words words = engine.command;
    words.insert(words.end(), engine.args.begin(), engine.args.end());
    return words;
  }
  if (is_simulator(engine)) {
    return simulator(engine, programs);
  }
  if (engine.type == md::EngineType::kLlamaCpp) {
    return llama_server(engine, model, programs);
  }
  if (engine.type == md::EngineType::kVLLM) {
    return vllm(engine, model, programs);
  }
  return std::unexpected(
      LaunchProblem{"/spec/engine/type",
                    "engine type " + std::string(engine.type.name()) +
                        " runs as a container and needs a cluster; to run it on this machine set "
                        "engine.command to its local command"});
}

std::expected<supervise::Environment, LaunchProblem> environment_of(
    const md::Engine& engine, const std::string& name_space,
    const controller::snapshot::SecretStore& secrets) {
  supervise::Environment env;
  if (engine.source && engine.source->hugging_face &&
      engine.source->hugging_face->token_secret_ref) {
    const auto& ref = *engine.source->hugging_face->token_secret_ref;
    const auto token = secrets.get(name_space, ref.name, ref.key);
    if (!token) {
      return std::unexpected(
          LaunchProblem{"/spec/engine/source/huggingFace/tokenSecretRef", token.error().message()});
    }
    env.emplace_back("HF_TOKEN", token->reveal());
  }
  for (std::size_t i = 0; i < engine.env.size(); ++i) {
    const auto& variable = engine.env[i];
    std::string value = variable.value.value_or("");
    if (variable.secret_key_ref) {
      const auto secret =
          secrets.get(name_space, variable.secret_key_ref->name, variable.secret_key_ref->key);
      if (!secret) {
        return std::unexpected(LaunchProblem{
            "/spec/engine/env/" + std::to_string(i) + "/secretKeyRef", secret.error().message()});
      }
      value = secret->reveal();
    }
    env.emplace_back(variable.name, std::move(value));
  }
  return env;
}

std::uint32_t replicas_of(const crd::ModelDeployment& object) {
  if (object.spec.replicas) {
    return static_cast<std::uint32_t>(std::max(*object.spec.replicas, 0));
  }
  // Nothing wakes a sleeping engine here yet, so one stays up.
  return object.spec.scaling
             ? static_cast<std::uint32_t>(std::max(object.spec.scaling->min_replicas, 1))
             : 1;
}

}  // namespace

std::expected<EngineSpec, LaunchProblem> launch_of(const crd::ModelDeployment& object,
                                                   const controller::snapshot::SecretStore& secrets,
                                                   const LocalPrograms& programs) {
  if (!object.spec.engine) {
    return std::unexpected(LaunchProblem{"/spec", "there is no engine to run"});
  }
  const md::Engine& engine = *object.spec.engine;
  auto words = words_of(engine, object.spec.model, programs);
  if (!words) {
    return std::unexpected(std::move(words.error()));
  }
  auto env = environment_of(engine, object.metadata.namespace_, secrets);
  if (!env) {
    return std::unexpected(std::move(env.error()));
  }
  EngineSpec spec;
  spec.deployment = object.metadata.full_name();
  spec.replicas = replicas_of(object);
  spec.replacement = is_simulator(engine) ? Replacement::kSurge : Replacement::kRecreate;
  spec.drains_itself = is_simulator(engine);
  spec.argv = std::move(*words);
  spec.env = std::move(*env);
  spec.health_path = engine.health_path;
  spec.startup_timeout = std::chrono::ceil<std::chrono::milliseconds>(engine.startup_timeout);
  return spec;
}

}  // namespace penstock::app::standalone
