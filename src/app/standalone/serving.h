#pragma once
// From resources to a served snapshot: which gateway, on which listeners, with which problems.
// Pure; the sockets are GatewayServer's.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/standalone/engines.h"
#include "app/standalone/greeting.h"
#include "app/standalone/options.h"
#include "controller/snapshot/compile.h"
#include "gateway/demand/report.h"
#include "gateway/snapshot/document.h"

namespace penstock::app::standalone {

/// The gateway to serve: the one that --gateway names, or the only one. Error with the choices.
[[nodiscard]] Result<std::string> choose_gateway(const controller::snapshot::Resources& resources,
                                                 const std::string& wanted);

/// Addresses of this machine's engines, as the snapshot compiler wants them.
[[nodiscard]] controller::snapshot::Endpoints endpoints_of(
    const std::map<std::string, std::vector<EngineAddress>>& addresses);

/// The document's listeners, with --listen in place of the first one's address and port.
[[nodiscard]] std::vector<gateway::snapshot::Listener> listeners_of(
    const gateway::snapshot::Document& document, const std::optional<ListenAddress>& listen);

/// Whether the listeners of a new document still fit the sockets that are open.
[[nodiscard]] bool same_listeners(const gateway::snapshot::Document& before,
                                  const gateway::snapshot::Document& after);

/// Calls being served, from the gateway's metrics text; 0 when it does not say.
[[nodiscard]] std::uint64_t calls_in_flight(std::string_view metrics);

/// Calls that may be on this engine ("namespace/name-0"), from both of the gateway's accounts,
/// which are not of the same instant: those at its deployment's engines, or all that do not wait,
/// whichever are more. Calls that wait for an engine must not keep the one alive that makes room
/// for it.
[[nodiscard]] std::uint64_t calls_open(const gateway::demand::Report& demand,
                                       std::string_view metrics, std::string_view id);

/// The first API key, in the order of Consumers' names, that is in force; and its consumer's index.
struct FirstKey {
  Secret key;
  std::uint32_t consumer = 0;
};
[[nodiscard]] std::optional<FirstKey> first_api_key(
    const controller::snapshot::Resources& resources, const gateway::snapshot::Document& document);

}  // namespace penstock::app::standalone
