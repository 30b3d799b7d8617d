#pragma once
// What objects of one set say about each other. Warnings only: the other side may already be in the
// cluster.

#include <vector>

#include "app/validate/object_set.h"
#include "app/validate/report.h"

namespace penstock::app::validate {

/// An object defined twice, references to objects that are not in the set, a key that is not in its
/// Secret, a deployment of another namespace that does not share itself.
void check_references(const std::vector<Object>& objects, std::vector<Finding>& out);

}  // namespace penstock::app::validate
