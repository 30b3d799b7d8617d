#include "app/config/read_all.h"

#include <iostream>
#include <iterator>

#include "app/config/folder.h"

namespace penstock::app::config {
namespace {

json::YamlStream unreadable(const std::string& name, std::string message) {
  json::YamlStream out;
  out.file = name;
  out.problems.push_back({1, std::move(message)});
  return out;
}

}  // namespace

std::vector<json::YamlStream> read_all(const std::vector<std::string>& names) {
  std::vector<json::YamlStream> out;
  for (const std::string& name : names) {
    if (name == "-") {
      const std::string text((std::istreambuf_iterator<char>(std::cin)),
                             std::istreambuf_iterator<char>());
      out.push_back(json::parse_yaml(text, "<stdin>"));
      continue;
    }
    const Result<Listing> listing = list_manifests(name);
    if (!listing) {
      out.push_back(unreadable(name, listing.error().message()));
      continue;
    }
    if (listing->files.empty()) {
      out.push_back(
          unreadable(name, "no *.yaml or *.yml file in this folder; is it the right one?"));
    }
    for (const auto& path : listing->files) {
      Result<json::YamlStream> stream = json::read_yaml_file(path.string());
      out.push_back(stream ? std::move(*stream)
                           : unreadable(path.string(), stream.error().message()));
    }
  }
  return out;
}

}  // namespace penstock::app::config
