#pragma once
// How an engine is started in its container: image, command, arguments, and where weights come
// from. One row per engine type; pure. What a user writes in engine.args comes last and wins.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/condition/finding.h"
#include "controller/modeldeployment/fit.h"
#include "crd/generated/model_deployment.h"

namespace penstock::controller::modeldeployment {

inline constexpr std::string_view kModelFolder = "/models/source";  ///< a mounted source
inline constexpr std::string_view kCacheFolder = "/models/cache";   ///< downloads, HOME

struct Launch {
  std::string image;
  std::vector<std::string> command;  ///< empty: the image's own
  std::vector<std::string> args;
  /// ImageMissing or SourceNotSupported.
  std::optional<condition::Finding> problem;
};

[[nodiscard]] Launch launch_of(const crd::ModelDeployment& object, const Fit& fit);

/// The image is Penstock's own and runs its engine simulator: it needs no derived arguments.
[[nodiscard]] bool is_simulator(const crd::model_deployment::Engine& engine);

}  // namespace penstock::controller::modeldeployment
