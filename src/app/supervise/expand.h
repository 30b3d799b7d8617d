#pragma once
// Variables in a container's arguments, as Kubernetes expands them: $(NAME) where NAME is in the
// container's own environment, $$(NAME) for the text "$(NAME)", an unknown name stays as written.
// Pure. Source: kubernetes.io, "Define Dependent Environment Variables".

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::app::supervise {

using Environment = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] std::string expand(std::string_view text,
                                 const std::map<std::string, std::string>& names);

/// Each value may refer to the entries before it. A later entry of the same name replaces an
/// earlier one.
[[nodiscard]] Environment expand_environment(const Environment& environment);

[[nodiscard]] std::vector<std::string> expand_arguments(const std::vector<std::string>& arguments,
                                                        const Environment& expanded);

}  // namespace penstock::app::supervise
