#pragma once
// The children of an InferenceGateway, as apply configurations: pure. Only fields that we own and
// that the server stores as written.

#include <string>
#include <string_view>
#include <vector>

#include "controller/child/child.h"
#include "controller/child/metadata.h"
#include "controller/inferencegateway/decide.h"
#include "controller/inferencegateway/observe.h"

namespace penstock::controller::inferencegateway {

/// On the Secret: the version of the configuration in it.
inline constexpr std::string_view kVersionAnnotation = "penstock.dev/snapshot-version";

/// The program that gateway pods run: Penstock's own image.
struct Image {
  std::string name;
  std::string pull_policy;
  std::string controller_url{};  ///< where they follow their configuration; empty: nowhere
};

/// In the order to apply them: the configuration before the pods that mount it. Call only when
/// plan.can_deploy().
[[nodiscard]] std::vector<child::Child> desired(const Input& input, const Plan& plan,
                                                const Image& image);

/// Every child there could ever be: those not desired are removed if we own them.
[[nodiscard]] std::vector<child::Slot> all_slots(const std::string& object_name);

/// Of the pods and nothing else.
[[nodiscard]] child::Labels selector_labels(const crd::InferenceGateway& object);

/// Of every child.
[[nodiscard]] child::Labels child_labels(const crd::InferenceGateway& object);

}  // namespace penstock::controller::inferencegateway
