#include "app/validate_command.h"

#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/config/folder.h"
#include "app/validate/check.h"

namespace penstock::app {
namespace {

json::YamlStream unreadable(const std::string& name, std::string message) {
  json::YamlStream out;
  out.file = name;
  out.problems.push_back({1, std::move(message)});
  return out;
}

// What cannot be opened becomes a finding of its own, so that one wrong name does not hide the
// rest.
std::vector<json::YamlStream> read_all(const std::vector<std::string>& names) {
  std::vector<json::YamlStream> out;
  for (const std::string& name : names) {
    if (name == "-") {
      const std::string text((std::istreambuf_iterator<char>(std::cin)),
                             std::istreambuf_iterator<char>());
      out.push_back(json::parse_yaml(text, "<stdin>"));
      continue;
    }
    const Result<config::Listing> listing = config::list_manifests(name);
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

}  // namespace

int run_validate(int argc, char** argv) {
  CLI::App cli("Checks manifests as the API server would, without one.", "penstock validate");
  std::vector<std::string> names;
  std::string output = "text";
  cli.add_option(
         "FILE", names,
         "files, or folders with *.yaml and *.yml (sub folders too); - reads standard input")
      ->required();
  cli.add_option("-o,--output", output, "text or json")->check(CLI::IsMember({"text", "json"}));
  cli.footer(
      "Exit status: 0 all good, 1 violations, 2 wrong usage or something that could not be read.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  const validate::Report report = validate::check(read_all(names));
  if (output == "json") {
    validate::write_json(std::cout, report);
  } else {
    validate::write_text(std::cout, report);
  }
  return report.exit_code();
}

}  // namespace penstock::app
