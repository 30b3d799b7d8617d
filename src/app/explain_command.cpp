#include "app/explain_command.h"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/explain/story.h"
#include "base/clock.h"
#include "kube/connection.h"

namespace penstock::app {
namespace {

namespace res = kube::resources;

struct Flags {
  std::string target;
  std::string name_space;
  std::string kubeconfig;
  std::string context;
  std::string output = "text";
};

/// The name behind "modeldeployment/" or its short forms.
Result<std::string> name_of(const std::string& target) {
  const auto slash = target.find('/');
  const std::string kind = target.substr(0, slash);
  if (slash == std::string::npos || slash + 1 == target.size() ||
      (kind != "modeldeployment" && kind != "modeldeployments" && kind != "md")) {
    return fail(Code::kInvalid,
                "\"" + target + "\": name a ModelDeployment, as in modeldeployment/llama");
  }
  return target.substr(slash + 1);
}

void read_events(kube::Client& client, const kube::Object& object, explain::Story& story) {
  kube::Selection selection;
  selection.field_selector = "regarding.uid=" + object.uid();
  const auto events = client.list(res::kEvents, object.name_space(), selection);
  if (!events) {
    story.events_problem = events.error().message();
    return;
  }
  for (const auto& event : events->items) {
    story.events.push_back(explain::read_event(event.value()));
  }
  std::ranges::sort(story.events, {}, &explain::EventLine::time);
}

Result<explain::Story> fetch(const Flags& flags) {
  PENSTOCK_TRY(name, name_of(flags.target));
  kube::ConfigRequest request;
  request.kubeconfig = flags.kubeconfig;
  request.context = flags.context;
  PENSTOCK_TRY(config, kube::find_cluster_config(request, kube::process_environment));
  PENSTOCK_TRY(connection, kube::Connection::make(config));
  const std::string configured = config.name_space.empty() ? "default" : config.name_space;
  const std::string& name_space = flags.name_space.empty() ? configured : flags.name_space;
  PENSTOCK_TRY(object, connection->client().get(res::kModelDeployments, {name_space, name}));
  explain::Story story;
  PENSTOCK_TRY(parsed, crd::parse_model_deployment(object.value()));
  story.object = std::move(parsed);
  read_events(connection->client(), object, story);
  return story;
}

}  // namespace

int run_explain(int argc, char** argv) {
  CLI::App cli("Tells why a model runs as many replicas as it does.", "penstock explain");
  Flags flags;
  cli.add_option("OBJECT", flags.target, "modeldeployment/NAME (or md/NAME)")->required();
  cli.add_option("-n,--namespace", flags.name_space,
                 "Its namespace (default: that of the kubeconfig's context)");
  cli.add_option("--kubeconfig", flags.kubeconfig,
                 "Cluster to ask (default: $KUBECONFIG, else the pod's service account, else "
                 "~/.kube/config)");
  cli.add_option("--context", flags.context, "Context of the kubeconfig");
  cli.add_option("-o,--output", flags.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  cli.footer("Exit status: 0 told, 1 no such object or no answer, 2 wrong usage.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  const auto story = fetch(flags);
  if (!story) {
    std::cerr << "penstock explain: " << story.error().to_string() << "\n";
    return story.error().code() == Code::kInvalid ? 2 : 1;
  }
  if (flags.output == "json") {
    explain::write_json(std::cout, *story);
  } else {
    explain::write_text(std::cout, *story, system_clock().wall_now());
  }
  return 0;
}

}  // namespace penstock::app
