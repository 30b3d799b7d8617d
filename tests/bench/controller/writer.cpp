// The least that an operator could be: it knows beforehand what to write, looks at nothing, waits
// for nothing, and keeps every connection busy. Writes the children of all ModelDeployments of a
// namespace, with the bodies that the operator would send. How long it takes is what the API server
// can bear (docs/benchmarks.md).
//
//   bench_controller_writer NAMESPACE CONNECTIONS
//
// The cluster is $KUBECONFIG's. Prints one line of JSON.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "controller/modeldeployment/decide.h"
#include "controller/modeldeployment/desired.h"
#include "controller/modeldeployment/reconciler.h"
#include "kube/connection.h"

namespace {

using namespace penstock;
namespace md = controller::modeldeployment;

/// What a reconciler would apply if nothing existed yet.
Result<std::vector<controller::child::Child>> all_children(kube::Client& client,
                                                           const std::string& name_space) {
  PENSTOCK_TRY(list, client.list(kube::resources::kModelDeployments, name_space, {}));
  std::vector<controller::child::Child> all;
  for (const auto& object : list.items) {
    md::Input input;
    PENSTOCK_TRY(parsed, crd::parse_model_deployment(object.value()));
    input.object = std::move(parsed);
    const md::Plan plan = md::decide(input);
    if (!plan.can_deploy()) {
      return fail(Code::kInvalid, object.key().full_name() + " cannot be deployed");
    }
    auto children = md::desired(input, plan);
    all.insert(all.end(), std::make_move_iterator(children.begin()),
               std::make_move_iterator(children.end()));
  }
  return all;
}

Result<> write_all(kube::Client& client, const std::vector<controller::child::Child>& children,
                   int connections) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<Error> first;
  const auto work = [&] {
    kube::ApplyOptions options;
    options.field_manager = md::kFieldManager;
    for (std::size_t at = next++; at < children.size(); at = next++) {
      const auto& child = children[at];
      if (auto live = client.apply(child.slot.resource, child.intent, options); !live) {
        const std::lock_guard lock(mutex);
        first = live.error();
        return;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < connections; ++i) {
      threads.emplace_back(work);
    }
  }
  return first ? fail(std::move(*first)) : Result<>();
}

Result<> run(const std::string& name_space, int connections) {
  PENSTOCK_TRY(config, kube::find_cluster_config({}, kube::process_environment));
  kube::ConnectionOptions options;
  options.caller.user_agent = "penstock-bench-writer";
  options.caller.qps = 0;
  PENSTOCK_TRY(connection, kube::Connection::make(config, options));
  PENSTOCK_TRY(children, all_children(connection->client(), name_space));
  const SteadyTime begin = system_clock().now();
  PENSTOCK_CHECK_OK(write_all(connection->client(), children, connections));
  const std::chrono::duration<double> took = system_clock().now() - begin;
  std::printf("{\"writes\": %zu, \"seconds\": %.3f}\n", children.size(), took.count());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::atoi(argv[2]) < 1) {
    std::fputs("bench_controller_writer NAMESPACE CONNECTIONS\n", stderr);
    return 2;
  }
  if (auto done = run(argv[1], std::atoi(argv[2])); !done) {
    std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
    return 1;
  }
  return 0;
}
