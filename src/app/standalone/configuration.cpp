#include "app/standalone/configuration.h"

#include "app/standalone/judge.h"
#include "json/yaml.h"

namespace penstock::app::standalone {
namespace {

/// A file that vanished since it was listed is no file; one that cannot be read keeps what it held.
void read_file(const std::filesystem::path& path, std::vector<json::YamlStream>& out) {
  auto stream = json::read_yaml_file(path.string());
  if (stream) {
    out.push_back(std::move(*stream));
  } else if (std::filesystem::exists(path)) {
    json::YamlStream broken;
    broken.file = path.string();
    broken.problems.push_back({1, stream.error().to_string()});
    out.push_back(std::move(broken));
  }
}

}  // namespace

Result<config::Listing> Configuration::read() {
  PENSTOCK_TRY(listing, config::list_manifests(root_));
  std::vector<json::YamlStream> files;
  for (const auto& path : listing.files) {
    read_file(path, files);
  }
  config::Manifests next = config::merge(manifests_, files, judge);
  changes_ = config::compare(manifests_, next);
  manifests_ = std::move(next);
  resources_ = resources_of(manifests_);
  std::set<std::string> complaints;
  for (const auto& complaint : manifests_.complaints) {
    complaints.insert(to_string(complaint));
  }
  report(std::move(complaints), told_complaints_);
  tell_ignored();
  return listing;
}

void Configuration::tell_ignored() {
  std::set<std::string> now;
  for (const auto& [key, manifest] : manifests_.objects) {
    if (is_ignored(key)) {
      now.insert(place(key, "") + ": " + to_string(key) + " has no effect in standalone");
    }
  }
  for (const auto& line : now) {
    if (!told_ignored_.contains(line)) {
      console_.say(line);
    }
  }
  told_ignored_ = std::move(now);
}

std::string Configuration::place(const config::ObjectKey& key, std::string_view field) const {
  const auto found = manifests_.objects.find(key);
  if (found == manifests_.objects.end()) {
    return to_string(key);
  }
  const auto& document = *found->second.document;
  return document.file + ":" + std::to_string(document.line_of(field));
}

void Configuration::set_problems(const controller::snapshot::Problems& problems) {
  std::set<std::string> now;
  for (const auto& problem : problems) {
    const config::ObjectKey key{problem.object.kind, problem.object.name_space,
                                problem.object.name};
    now.insert(place(key, problem.field) + ": " + to_string(key) + ": " + problem.message);
  }
  report(std::move(now), told_problems_);
}

void Configuration::report(std::set<std::string> now, std::set<std::string>& before) {
  for (const auto& line : now) {
    if (!before.contains(line)) {
      console_.complain(line);
    }
  }
  before = std::move(now);
}

}  // namespace penstock::app::standalone
