#include "app/probe_command.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/clock.h"
#include "base/time_format.h"
#include "kube/http_transport.h"
#include "kube/server_url.h"

namespace penstock::app {
namespace {

struct Flags {
  std::string url;
  std::string timeout = "5s";
  std::string ca;
};

/// The status code of one GET.
Result<int> ask(const Flags& flags) {
  PENSTOCK_CHECK_OK(kube::parse_server_url(flags.url, "URL"));
  PENSTOCK_TRY(limit, parse_duration(flags.timeout));
  // The transport puts the path of its server before every target: here the target is all of it.
  const std::size_t authority = flags.url.find("//") + 2;
  const std::size_t slash = std::min(flags.url.find('/', authority), flags.url.size());
  kube::ClusterConfig config;
  config.server = flags.url.substr(0, slash);
  config.ca.file = flags.ca;
  kube::TlsSource tls(config, system_clock());
  kube::HttpTransportOptions options;
  options.connect_timeout = std::chrono::ceil<std::chrono::milliseconds>(limit);
  PENSTOCK_TRY(transport, kube::make_http_transport(config, tls, options));

  kube::HttpRequest request;
  request.method = "GET";
  request.target = slash == flags.url.size() ? "/" : flags.url.substr(slash);
  request.deadline = options.connect_timeout;
  const auto response = transport->send(request, nullptr, {});
  if (!response) {
    return fail(Code::kUnavailable, response.error().message);
  }
  return response->status;
}

}  // namespace

int run_probe(int argc, char** argv) {
  CLI::App cli("Asks once whether a URL answers 2xx.", "penstock probe");
  Flags flags;
  cli.add_option("URL", flags.url, "http:// or https://")->required();
  cli.add_option("--timeout", flags.timeout, "How long to wait for all of the answer")
      ->capture_default_str();
  cli.add_option("--ca", flags.ca, "Trust only the authorities of this PEM file");
  cli.footer("Exit status: 0 it answered 2xx, 1 it did not, 2 wrong usage.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  const Result<int> status = ask(flags);
  if (!status) {
    std::cerr << "penstock probe: " << flags.url << ": " << status.error().message() << '\n';
    return status.error().code() == Code::kInvalid ? 2 : 1;
  }
  constexpr int kHundred = 100;
  if (*status / kHundred != 2) {
    std::cerr << "penstock probe: " << flags.url << " answered " << *status << '\n';
    return 1;
  }
  return 0;
}

}  // namespace penstock::app
