#include "controller/modeldeployment/launch.h"

#include <algorithm>
#include <array>

#include "controller/modeldeployment/reasons.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;
using Words = std::vector<std::string>;

/// "registry:5000/team/penstock:v1@sha256:…" → "penstock"
std::string_view image_name(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const auto slash = image.rfind('/');
  if (slash != std::string_view::npos) {
    image.remove_prefix(slash + 1);
  }
  return image.substr(0, image.find(':'));
}

bool has_flag(const Words& words, std::string_view flag) {
  return std::ranges::any_of(words, [flag](const std::string& word) {
    return word == flag ||
           (word.starts_with(flag) && word.size() > flag.size() && word[flag.size()] == '=');
  });
}

/// Derived arguments; one that the user gives himself is left to him.
class Arguments {
 public:
  explicit Arguments(const Words& own) : own_(own) {}

  Arguments& add(const std::string& flag, const Words& values) {
    if (!has_flag(own_, flag)) {
      words_.push_back(flag);
      words_.insert(words_.end(), values.begin(), values.end());
    }
    return *this;
  }
  Arguments& add_if(bool wanted, const std::string& flag, const Words& values) {
    return wanted ? add(flag, values) : *this;
  }

  [[nodiscard]] Words finish() {
    words_.insert(words_.end(), own_.begin(), own_.end());
    return std::move(words_);
  }

 private:
  const Words& own_;
  Words words_;
};

std::string in_model_folder(const std::optional<std::string>& path) {
  std::string out(kModelFolder);
  if (path) {
    out += (path->starts_with('/') ? "" : "/") + *path;
  }
  return out;
}

/// What the engine is told to load; empty when this engine cannot load it from there.
std::string weights_of(const crd::ModelDeployment& object) {
  const auto& engine = *object.spec.engine;
  if (!engine.source) {
    return object.spec.model.name;
  }
  const auto& source = *engine.source;
  if (source.hugging_face) {
    return source.hugging_face->repo;
  }
  if (source.oci) {
    return in_model_folder(source.oci->path);
  }
  if (source.pvc) {
    return in_model_folder(source.pvc->path);
  }
  return source.s3 && engine.type == md::EngineType::kVLLM ? source.s3->uri : "";
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string revision_of(const md::Engine& engine) {
  return engine.source && engine.source->hugging_face
             ? engine.source->hugging_face->revision.value_or("")
             : "";
}

Words served_names(const md::Model& model) {
  Words names{model.name};
  names.insert(names.end(), model.aliases.begin(), model.aliases.end());
  return names;
}

/// Adapters as name=place; empty when one is at a place that vLLM and SGLang do not read.
std::optional<Words> adapters_of(const md::Engine& engine) {
  Words out;
  for (const auto& adapter : engine.lora_adapters) {
    if (!adapter.source.hugging_face) {
      return std::nullopt;
    }
    out.push_back(adapter.name + "=" + adapter.source.hugging_face->repo);
  }
  return out;
}

/// The planner reckoned with a cache of 8 bits, so the engine must keep one.
bool small_cache(const md::Model& model) {
  constexpr std::int32_t kSmall = 8;
  return model.architecture && model.architecture->kv_cache_bits == kSmall;
}

Words vllm(const crd::ModelDeployment& object, const Fit& fit) {
  const auto& engine = *object.spec.engine;
  const auto& model = object.spec.model;
  const std::string revision = revision_of(engine);
  const Words adapters = adapters_of(engine).value_or(Words());
  const bool streamed = engine.source && engine.source->s3;
  Arguments args(engine.args);
  args.add("--model", {weights_of(object)})
      .add_if(!revision.empty(), "--revision", {revision})
      .add_if(streamed, "--load-format", {"runai_streamer"})
      .add("--served-model-name", served_names(model))
      .add("--host", {"0.0.0.0"})
      .add("--port", {"$(PORT)"})
      .add_if(fit.tensor_parallel > 1, "--tensor-parallel-size", {number(fit.tensor_parallel)})
      .add_if(fit.pipeline_parallel > 1, "--pipeline-parallel-size",
              {number(fit.pipeline_parallel)})
      .add_if(model.context_length.has_value(), "--max-model-len",
              {number(model.context_length.value_or(0))})
      .add_if(fit.max_sequences.has_value(), "--max-num-seqs",
              {number(fit.max_sequences.value_or(0))})
      .add_if(small_cache(model), "--kv-cache-dtype", {"fp8"})
      .add_if(!adapters.empty(), "--enable-lora", {})
      .add_if(!adapters.empty(), "--lora-modules", adapters);
  return args.finish();
}

Words sglang(const crd::ModelDeployment& object, const Fit& fit) {
  const auto& engine = *object.spec.engine;
  const auto& model = object.spec.model;
  const std::string revision = revision_of(engine);
  const Words adapters = adapters_of(engine).value_or(Words());
  Arguments args(engine.args);
  args.add("--model-path", {weights_of(object)})
      .add_if(!revision.empty(), "--revision", {revision})
      .add("--served-model-name", {model.name})
      .add("--host", {"0.0.0.0"})
      .add("--port", {"$(PORT)"})
      .add("--enable-metrics", {})
      .add_if(fit.tensor_parallel > 1, "--tp-size", {number(fit.tensor_parallel)})
      .add_if(fit.pipeline_parallel > 1, "--pp-size", {number(fit.pipeline_parallel)})
      .add_if(model.context_length.has_value(), "--context-length",
              {number(model.context_length.value_or(0))})
      .add_if(fit.max_sequences.has_value(), "--max-running-requests",
              {number(fit.max_sequences.value_or(0))})
      .add_if(small_cache(model), "--kv-cache-dtype", {"fp8_e5m2"})
      .add_if(!adapters.empty(), "--lora-paths", adapters);
  return args.finish();
}

/// llama-server divides its context evenly over its slots, and takes the memory of all of it at the
/// start. 0: nothing is planned, or the user does it himself.
std::int64_t slots_of(const crd::ModelDeployment& object, const Fit& fit) {
  constexpr std::int64_t kUsual = 4;  // its own default
  const auto& engine = *object.spec.engine;
  const bool own =
      std::ranges::any_of(std::array{"--ctx-size", "-c", "--parallel", "-np"},
                          [&](const char* flag) { return has_flag(engine.args, flag); });
  if (own || !object.spec.model.context_length || !fit.calls_at_context) {
    return 0;
  }
  return std::min(*fit.calls_at_context,
                  std::max<std::int64_t>(engine.concurrency.value_or(0), kUsual));
}

Words llama_cpp(const crd::ModelDeployment& object, const Fit& fit) {
  const auto& engine = *object.spec.engine;
  const auto& model = object.spec.model;
  Arguments args(engine.args);
  if (engine.source && engine.source->hugging_face) {
    const auto& source = *engine.source->hugging_face;
    args.add("--hf-repo", {source.repo})
        .add_if(source.file.has_value(), "--hf-file", {source.file.value_or("")});
  } else if (engine.source && engine.source->http) {
    args.add("--model-url", {engine.source->http->url});
  } else if (engine.source) {
    args.add("--model", {weights_of(object)});
  }
  const std::int64_t slots = slots_of(object, fit);
  const std::int64_t context = model.context_length.value_or(0);
  args.add("--alias", {model.name})
      .add("--host", {"0.0.0.0"})
      .add("--port", {"$(PORT)"})
      .add("--metrics", {})
      .add_if(context > 0, "--ctx-size", {number(context * std::max<std::int64_t>(slots, 1))})
      .add_if(slots > 0, "--parallel", {number(slots)});
  return args.finish();
}

Words tgi(const crd::ModelDeployment& object, const Fit& fit) {
  const auto& engine = *object.spec.engine;
  const auto& model = object.spec.model;
  const std::string revision = revision_of(engine);
  Arguments args(engine.args);
  args.add("--model-id", {weights_of(object)})
      .add_if(!revision.empty(), "--revision", {revision})
      .add("--hostname", {"0.0.0.0"})
      .add("--port", {"$(PORT)"})
      .add_if(fit.tensor_parallel > 1, "--num-shard", {number(fit.tensor_parallel)})
      .add_if(model.context_length.has_value(), "--max-total-tokens",
              {number(model.context_length.value_or(0))});
  return args.finish();
}

Words triton(const crd::ModelDeployment& object, const Fit&) {
  const auto& engine = *object.spec.engine;
  Arguments args(engine.args);
  args.add_if(engine.source.has_value(), "--model-repository", {weights_of(object)})
      .add("--http-port", {"$(PORT)"});
  return args.finish();
}

struct Row {
  md::EngineType type;
  std::string_view image;    ///< empty: there is no default
  std::string_view program;  ///< words of the command; empty: the image's entrypoint
  Words (*args)(const crd::ModelDeployment&, const Fit&);
};

// Versions are raised with a release of ours, after its tests ran against them.
constexpr std::array kRows{
    Row{md::EngineType::kVLLM, "vllm/vllm-openai:v0.11.0", "", vllm},
    Row{md::EngineType::kSGLang, "lmsysorg/sglang:v0.5.3", "python3 -m sglang.launch_server",
        sglang},
    Row{md::EngineType::kLlamaCpp, "ghcr.io/ggml-org/llama.cpp:server", "", llama_cpp},
    Row{md::EngineType::kTGI, "ghcr.io/huggingface/text-generation-inference:3.3", "", tgi},
    Row{md::EngineType::kTriton, "", "tritonserver", triton},
};

Words split(std::string_view text) {
  Words out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

condition::Finding not_supported(const md::Engine& engine, std::string why) {
  return {std::string(kSourceNotSupported),
          "engine type " + std::string(engine.type.name()) + " " + std::move(why)};
}

/// Whatever the engine's command is: a digest that nobody checks must not look like one that is.
std::optional<condition::Finding> unchecked_digest(const md::Engine& engine) {
  if (engine.source && engine.source->http && engine.source->http->sha256) {
    return not_supported(engine,
                         "does not check source.http.sha256; use a source.pvc or source.oci with a "
                         "digest, or remove sha256");
  }
  return std::nullopt;
}

std::optional<condition::Finding> source_problem(const crd::ModelDeployment& object) {
  const auto& engine = *object.spec.engine;
  const bool llama = engine.type == md::EngineType::kLlamaCpp;
  const bool by_url = llama && engine.source && engine.source->http;
  if (engine.source && !by_url && weights_of(object).empty()) {
    return not_supported(engine, llama ? "reads weights from huggingFace, pvc or http; use one of "
                                         "them as engine.source"
                                       : "cannot load from this source; use huggingFace, oci or "
                                         "pvc as engine.source");
  }
  if (!adapters_of(engine)) {
    return not_supported(engine,
                         "loads adapters from huggingFace only in this version; use it as "
                         "loraAdapters[].source, or mount them with engine.podTemplate and "
                         "engine.args");
  }
  return std::nullopt;
}

}  // namespace

bool is_simulator(const md::Engine& engine) {
  return engine.image && image_name(*engine.image) == "penstock" && !engine.args.empty() &&
         engine.args.front() == "engine";
}

Launch launch_of(const crd::ModelDeployment& object, const Fit& fit) {
  const auto& engine = *object.spec.engine;
  const auto row =
      std::ranges::find_if(kRows, [&](const Row& item) { return engine.type == item.type; });
  Launch out;
  out.image = engine.image.value_or(row == kRows.end() ? "" : std::string(row->image));
  if (out.image.empty()) {
    out.problem = {std::string(kImageMissing), "engine type " + std::string(engine.type.name()) +
                                                   " has no default image; set engine.image"};
    return out;
  }
  out.problem = unchecked_digest(engine);
  if (out.problem) {
    return out;
  }
  const bool derived = engine.command.empty() && !is_simulator(engine) && row != kRows.end();
  if (!derived) {
    out.command = engine.command;
    out.args = engine.args;
    if (is_simulator(engine) && !has_flag(out.args, "--port")) {
      out.args.emplace_back("--port=$(PORT)");
    }
    return out;
  }
  out.problem = source_problem(object);
  out.command = split(row->program);
  out.args = row->args(object, fit);
  return out;
}

}  // namespace penstock::controller::modeldeployment
