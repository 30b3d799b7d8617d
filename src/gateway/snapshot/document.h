#pragma once
// What a gateway knows of the world: one immutable document, compiled from resources elsewhere.
//
// It knows nothing of Kubernetes or of files: the controller streams it, standalone compiles it in
// process, and a replica can start from its last copy on disk. Everything is resolved: no reference
// is left to look up, no selector to evaluate against another object, no default to fill in.
// Indices are into the vectors of this same document. Built once, then shared read-only by all
// cores; a running call keeps the one it began with.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace penstock::gateway::snapshot {

/// How an upstream wants to be spoken to.
enum class Dialect { kOpenAI, kAzureOpenAI };

enum class Task { kChat, kCompletion, kEmbedding, kRerank, kImage, kAudio, kPredict };

/// One address that serves a deployment. Order is stable between versions so that state can be
/// carried over by id.
struct Endpoint {
  std::string
      id;  ///< unique in the deployment, stable over restarts: "127.0.0.1:9001" or a pod's name
  std::string host;  ///< IP address or DNS name
  std::uint16_t port = 0;
  bool tls = false;
  bool ready = true;      ///< takes new calls
  bool draining = false;  ///< finishes what it has
};

/// What becomes of calls while a deployment has no endpoint that takes them.
struct ColdStart {
  std::chrono::milliseconds max_wait{120'000};  ///< 0 = none waits
  bool spill_while_waiting = true;              ///< a lower tier takes them, if it can
};

/// One model served from one place (a ModelDeployment).
struct Deployment {
  std::string name;                  ///< "namespace/name", as users and metrics see it
  std::string model;                 ///< what clients ask for
  std::vector<std::string> aliases;  ///< other names for the same
  std::string upstream_model;  ///< what the upstream's body must say in `model`; empty = leave as
                               ///< the client wrote it
  Task task = Task::kChat;
  bool managed = false;  ///< a provider, not an engine of ours
  Dialect dialect = Dialect::kOpenAI;
  std::string path_prefix = "/v1";  ///< before "/chat/completions"; unused by Azure
  std::string azure_deployment;
  std::string azure_api_version;
  std::string auth_header;  ///< "authorization" or "api-key"; empty = none
  Secret auth_value;        ///< with its scheme: "Bearer …"
  std::string region;
  std::string residency;                ///< "EU"; empty = unknown
  std::int64_t context_length = 0;      ///< tokens; 0 = unknown
  std::optional<ColdStart> cold_start;  ///< absent: nothing starts here, calls do not wait for it
  std::vector<Endpoint> endpoints;      ///< may be empty: scaled to zero
};

struct Backend {
  std::uint32_t deployment = 0;  ///< index into Document::deployments
  std::uint32_t weight = 1;      ///< 0 = takes nothing
};

/// Why a call may go to the next tier.
struct Spill {
  bool throttled = true;
  bool overloaded = true;
  bool error = true;
  bool timeout = true;
  bool keep_full = true;  ///< a lower tier gets only what this one could not take
};

struct Tier {
  std::vector<Backend> backends;
  Spill spill;
};

enum class Balancing { kAuto, kPrefixAffinity, kLeastLoad, kLatency, kWeighted, kRoundRobin };

/// Calls that wait while every endpoint of the route is full.
struct Queue {
  std::chrono::milliseconds max_wait{10'000};
  std::uint32_t max_depth = 1'000;  ///< in one replica
};

struct Resilience {
  std::uint32_t attempts = 3;  ///< in all, the first included
  std::chrono::milliseconds per_try_timeout{
      0};  ///< to the response head; 0 = only the request's own limit
  std::chrono::milliseconds time_to_first_token_timeout{0};  ///< 0 = none
  std::uint32_t breaker_consecutive_failures = 5;
  std::chrono::milliseconds breaker_open_for{10'000};
  std::optional<Queue> queue;  ///< absent: such calls are refused at once
};

struct HeaderMatch {
  std::string name;  ///< lower case
  std::string value;
};

struct Route {
  std::string name;                  ///< "namespace/name"
  std::vector<std::string> models;   ///< globs over the name that the client asked for; empty = all
                                     ///< of its deployments' names
  std::vector<std::string> paths;    ///< prefixes; empty = all
  std::vector<HeaderMatch> headers;  ///< all must match exactly
  std::optional<std::map<std::string, std::string>>
      consumer_labels;  ///< all must be on the consumer; absent = any consumer
  std::vector<Tier> tiers;
  Balancing balancing = Balancing::kAuto;
  Resilience resilience;
};

struct Billing {
  std::string organization;
  std::string business_unit;
  std::string project;
  std::string cost_center;
};

struct Consumer {
  std::string name;  ///< "namespace/name"
  std::map<std::string, std::string> labels;
  Billing billing;
  std::int32_t priority = 0;  ///< larger goes first; Interactive 100, Standard 0, Batch -100
  std::uint32_t weight = 1;
  std::optional<std::vector<std::string>> allowed_models;  ///< globs; absent = all, empty = none
  std::optional<WallTime> expires_at;
};

/// A credential. Keys are never here, only their SHA-256.
struct ApiKey {
  std::string sha256_hex;
  std::uint32_t consumer = 0;  ///< index into Document::consumers
};

struct Limits {
  std::uint64_t max_body_bytes = 32ULL << 20U;
  std::uint32_t max_header_bytes = 64U << 10U;
  std::uint32_t max_streams = 0;  ///< calls in flight in one replica; 0 = unlimited
  std::uint64_t max_waiting_bytes = 256ULL << 20U;  ///< bodies of waiting calls in one replica
  std::chrono::milliseconds request_timeout{600'000};
  std::chrono::milliseconds idle_timeout{
      300'000};  ///< between two reads of a stream, and for keep-alive
};

struct Listener {
  std::string name;
  std::string address = "0.0.0.0";
  std::uint16_t port = 0;
  bool tls = false;
  std::string certificate_pem;
  Secret private_key_pem;
  std::string min_tls_version = "1.2";  ///< "1.2" or "1.3"
};

struct Cors {
  std::vector<std::string> allow_origins;  ///< exact, or "*"
  std::vector<std::string> allow_headers;
};

struct Telemetry {
  bool access_log = true;  ///< a JSON line per call, where the process was told to write it
};

/// Calls that did not come through the front door are refused.
struct Edge {
  std::string required_header;  ///< lower case; empty = no such rule
  Secret value;
};

struct Document {
  std::string version;  ///< of the content: equal content, equal version
  std::string gateway;  ///< "namespace/name"
  std::vector<Listener> listeners;
  Limits limits;
  Cors cors;
  Edge edge;
  Telemetry telemetry;
  std::vector<Consumer> consumers;
  std::vector<ApiKey> api_keys;
  std::vector<Deployment> deployments;
  std::vector<Route> routes;  ///< in order of precedence: the first that matches answers
};

}  // namespace penstock::gateway::snapshot
