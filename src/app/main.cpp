// The one binary: which commands there are.
#include <csignal>
#include <iostream>
#include <sys/resource.h>
#include <unistd.h>

#include "app/controller_command.h"
#include "app/dispatch.h"
#include "app/engine_command.h"
#include "app/explain_command.h"
#include "app/gateway_command.h"
#include "app/plan_command.h"
#include "app/probe_command.h"
#include "app/simulate_command.h"
#include "app/standalone_command.h"
#include "app/validate_command.h"

namespace {

// A command appears here with its file, src/app/<command>_command.{h,cpp}.
constexpr penstock::app::CommandRow kCommands[] = {
    {"standalone", "Run models of a folder of manifests on this machine, behind one address",
     penstock::app::run_standalone},
    {"gateway", "Serve calls: the data plane of one InferenceGateway in a cluster",
     penstock::app::run_gateway},
    {"controller", "Run models and gateways in a cluster, from its resources",
     penstock::app::run_controller},
    {"engine", "Run a simulated inference engine: vLLM's API, metrics and timing, no GPU",
     penstock::app::run_engine},
    {"explain", "Tell why a model in a cluster runs as many replicas as it does",
     penstock::app::run_explain},
    {"simulate", "Compare autoscaling policies on a load, on virtual time",
     penstock::app::run_simulate},
    {"validate", "Check manifests as the API server would, without one",
     penstock::app::run_validate},
    {"plan", "Say how many accelerators of which kind models need, without a cluster",
     penstock::app::run_plan},
    {"probe", "Ask once whether a URL answers, for images without a shell",
     penstock::app::run_probe},
};

/// The first process of a container has no default action for SIGTERM: one that comes before the
/// command is ready for it would be lost, and the kubelet would wait for the whole grace period.
/// While it is blocked it stays.
void keep_early_signals() {
  if (getpid() != 1) {
    return;
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// A process has 1,024 descriptors by default, for the sake of select(), which nothing here calls.
/// Streams of a gateway and engines that the controller watches are many more; the hard limit is
/// the machine's word.
void use_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_early_signals();
  use_all_descriptors();
  return penstock::app::dispatch(kCommands, PENSTOCK_VERSION, argc, argv, std::cout, std::cerr);
}
