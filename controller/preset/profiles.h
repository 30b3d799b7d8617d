#pragma once
// Creates the AcceleratorProfiles that come with Penstock where they are missing, on behalf of a
// first `helm install`: Helm cannot bring a kind and objects of it at once. They carry what Helm
// marks its own objects with, so that the next upgrade of the release takes them over. Knows their
// text; reads nothing of what they say.

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wait.h"
#include "kube/client.h"

namespace penstock::controller::preset {

struct Profiles {
  std::string text;  ///< YAML, one object a document
  std::string release_namespace;
  std::string release;
};

/// One attempt at all of them. What is there already, and how it was edited, stays. Error: the
/// first that could not be created.
[[nodiscard]] Result<> create_missing(kube::Client& client, const Profiles& profiles,
                                      const std::stop_token& stop);

/// Until it has succeeded or is stopped.
void create_missing_at_last(kube::Client& client, const Profiles& profiles, const Waiter& waiter,
                            const std::stop_token& stop);

}  // namespace penstock::controller::preset
