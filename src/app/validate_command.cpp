#include "app/validate_command.h"

#include <iostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/config/read_all.h"
#include "app/validate/check.h"

namespace penstock::app {

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
  const validate::Report report = validate::check(config::read_all(names));
  if (output == "json") {
    validate::write_json(std::cout, report);
  } else {
    validate::write_text(std::cout, report);
  }
  return report.exit_code();
}

}  // namespace penstock::app
