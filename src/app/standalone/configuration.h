#pragma once
// The configuration folder over time: what is in force, and telling a person what is wrong with the
// rest. Knows files and manifests, nothing of engines and sockets.

#include <filesystem>
#include <set>
#include <string>

#include "app/config/folder.h"
#include "app/config/manifests.h"
#include "app/standalone/console.h"
#include "controller/snapshot/problem.h"
#include "controller/snapshot/resources.h"

namespace penstock::app::standalone {

class Configuration {
 public:
  Configuration(std::filesystem::path root, const Console& console)
      : root_(std::move(root)), console_(console) {}

  /// Reads all files again and reports what is newly wrong. Error only when the folder cannot be
  /// read, and then everything stays as it was.
  [[nodiscard]] Result<config::Listing> read();

  [[nodiscard]] const config::Manifests& manifests() const { return manifests_; }
  [[nodiscard]] const controller::snapshot::Resources& resources() const { return resources_; }
  [[nodiscard]] const config::Changes& changes() const { return changes_; }

  /// "gateway.yaml:12" of an object's field; the object's name when no file has it.
  [[nodiscard]] std::string place(const config::ObjectKey& key, std::string_view field) const;

  /// Replaces what is wrong beyond single manifests; each is told once, and again after it had
  /// gone.
  void set_problems(const controller::snapshot::Problems& problems);

 private:
  void tell_ignored();
  void report(std::set<std::string> now, std::set<std::string>& before);

  std::filesystem::path root_;
  const Console& console_;
  config::Manifests manifests_;
  config::Changes changes_;
  controller::snapshot::Resources resources_;
  std::set<std::string> told_complaints_;
  std::set<std::string> told_problems_;
  std::set<std::string> told_ignored_;
};

}  // namespace penstock::app::standalone
