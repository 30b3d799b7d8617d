#pragma once
// A child as intent. A record; apply.h carries it out.

#include <string>

#include "kube/object.h"
#include "kube/resource.h"

namespace penstock::controller::child {

/// A child that there may be, in its owner's namespace.
struct Slot {
  kube::Resource resource;
  std::string name;
  friend bool operator==(const Slot&, const Slot&) = default;
};

struct Child {
  Slot slot;
  kube::Object intent;  ///< an apply configuration with owner and labels (metadata.h)
};

}  // namespace penstock::controller::child
