#pragma once
// Makes the children of one owner what they should be. Knows ownership, caches and writes; knows no
// kind. Blocking.

#include <functional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "controller/child/child.h"
#include "kube/applier.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/write_tracker.h"

namespace penstock::controller::child {

/// What it works with; all references outlive the call.
struct Hands {
  kube::Client& client;
  kube::Applier& applier;
  kube::WriteTracker& writes;
  /// The informer that shows a resource of a namespace.
  std::function<const kube::Informer*(const kube::Resource&, const std::string& name_space)>
      informer;
};

/// Applies `wanted`, and deletes what is in `all` but not wanted and controlled by `owner`. An
/// object of a child's name that somebody else controls is left alone: error kConflict. Goes on
/// after an error with the next child; the first error is returned.
[[nodiscard]] Result<> sync_children(const Hands& hands, const kube::Object& owner,
                                     const std::vector<Child>& wanted, const std::vector<Slot>& all,
                                     const std::stop_token& stop);

/// The owner is gone, and its children with it.
void forget_children(const Hands& hands, const std::string& name_space,
                     const std::vector<Slot>& all);

}  // namespace penstock::controller::child
