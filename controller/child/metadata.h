#pragma once
// The metadata of a child: labels and the owner that garbage collection follows. Pure JSON.

#include <map>
#include <string>
#include <string_view>

#include "crd/meta.h"
#include "json/value.h"

namespace penstock::controller::child {

using Labels = std::map<std::string, std::string>;

/// Who owns the child. Children live in their owner's namespace.
struct Owner {
  std::string_view kind;
  const crd::ObjectMeta& metadata;
};

/// An apply configuration that has apiVersion, kind and metadata so far.
[[nodiscard]] json::Value new_child(std::string_view api_version, std::string_view kind,
                                    const std::string& name, const Owner& owner,
                                    const Labels& labels);

/// The labels as a selector, "a=b,c=d".
[[nodiscard]] std::string selector_text(const Labels& labels);

}  // namespace penstock::controller::child
