#include "app/supervise/expand.h"

namespace penstock::app::supervise {

std::string expand(std::string_view text, const std::map<std::string, std::string>& names) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out.append(text.substr(0, dollar));
    if (dollar == std::string_view::npos) {
      break;
    }
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      out.push_back('$');
      text.remove_prefix(2);
      continue;
    }
    const auto close = text.find(')');
    if (!text.starts_with("$(") || close == std::string_view::npos) {
      out.push_back('$');
      text.remove_prefix(1);
      continue;
    }
    const auto found = names.find(std::string(text.substr(2, close - 2)));
    out.append(found == names.end() ? text.substr(0, close + 1) : std::string_view(found->second));
    text.remove_prefix(close + 1);
  }
  return out;
}

Environment expand_environment(const Environment& environment) {
  std::map<std::string, std::string> known;
  Environment out;
  for (const auto& [key, value] : environment) {
    std::string expanded = expand(value, known);
    known.insert_or_assign(key, expanded);
    out.emplace_back(key, std::move(expanded));
  }
  return out;
}

std::vector<std::string> expand_arguments(const std::vector<std::string>& arguments,
                                          const Environment& expanded) {
  const std::map<std::string, std::string> known = [&expanded] {
    std::map<std::string, std::string> names;
    for (const auto& [key, value] : expanded) {
      names.insert_or_assign(key, value);
    }
    return names;
  }();
  std::vector<std::string> out;
  out.reserve(arguments.size());
  for (const auto& argument : arguments) {
    out.push_back(expand(argument, known));
  }
  return out;
}

}  // namespace penstock::app::supervise
