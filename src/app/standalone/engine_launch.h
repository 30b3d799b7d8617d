#pragma once
// How a ModelDeployment's engine runs as a process of this machine: pure. Knows the engines'
// command lines, nothing of processes.
//
//   image penstock, args [engine, …]   this same binary (the engine simulator)
//   command                            that command, whatever the type
//   LlamaCpp                           llama-server, when it is installed
//   VLLM                               vllm serve, when it is installed
//   anything else                      an error that says what is missing

#include <functional>
#include <optional>
#include <string>

#include "app/standalone/engines.h"
#include "base/result.h"
#include "controller/snapshot/secret_store.h"
#include "crd/generated/model_deployment.h"

namespace penstock::app::standalone {

struct LocalPrograms {
  std::string penstock;  ///< path of this binary
  /// Path of an installed program; absent when there is none.
  std::function<std::optional<std::string>(const std::string& name)> find;
};

/// Why an engine cannot run here, and at which field.
struct LaunchProblem {
  std::string field;  ///< JSON pointer
  std::string message;
};

[[nodiscard]] std::expected<EngineSpec, LaunchProblem> launch_of(
    const crd::ModelDeployment& object, const controller::snapshot::SecretStore& secrets,
    const LocalPrograms& programs);

}  // namespace penstock::app::standalone
