#pragma once
// Everything a pass over one InferenceGateway looks at, as plain data. Knows where facts come from
// (caches); judges nothing and writes nothing.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "controller/authority/certificate.h"
#include "controller/cache/caches.h"
#include "controller/snapshot/resources.h"
#include "crd/generated/inference_gateway.h"
#include "kube/object.h"

namespace penstock::controller::inferencegateway {

/// One gateway pod that runs.
struct Replica {
  std::string name;
  std::string address;  ///< IP; empty until it has one
  bool ready = false;
  std::optional<std::string> version;  ///< of the configuration it runs; absent: it did not say
  friend bool operator==(const Replica&, const Replica&) = default;
};

struct WorkloadFacts {
  bool current = false;  ///< its status describes its spec
  std::int32_t replicas = 0;
  std::int32_t updated = 0;
  std::int32_t ready = 0;
};

struct ServiceFacts {
  std::string cluster_ip;
  std::vector<std::string> ingress_ips;
  std::vector<std::string> ingress_hostnames;
};

/// What a gateway's pods show to the controller, and whom they trust there. PEM.
struct Identity {
  authority::KeyPair pair;
  std::string trusted;
};

struct Input {
  crd::InferenceGateway object;
  snapshot::Resources resources;
  snapshot::Endpoints endpoints;
  WorkloadFacts workload;  ///< empty while there is no Deployment
  ServiceFacts service;
  std::vector<Replica> replicas;
  std::string delivered_version;     ///< of the configuration in the Secret, by its annotation
  std::optional<Identity> identity;  ///< in the Secret; identity.h renews it
  WallTime now{};
};

/// Error kInvalid when the object does not have the shape that its CRD says. Other objects that
/// cannot be read are left out.
[[nodiscard]] Result<Input> observe(const cache::Caches& caches, const kube::Object& object,
                                    WallTime now);

}  // namespace penstock::controller::inferencegateway
