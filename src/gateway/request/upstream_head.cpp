#include "gateway/request/upstream_head.h"

#include <algorithm>
#include <array>

#include "net/http_writer.h"

namespace penstock::gateway {
namespace {

using net::Known;

bool is_ours(Known name) noexcept {
  switch (name) {
    case Known::kHost:
    case Known::kContentLength:
    case Known::kContentType:
    case Known::kExpect:
    case Known::kAcceptEncoding:
    case Known::kXRequestId:
    case Known::kAuthorization:
    case Known::kApiKey:
    case Known::kXApiKey:
    case Known::kCookie:
    case Known::kOrigin:
    case Known::kForwarded:
    case Known::kXForwardedFor:
    case Known::kXForwardedHost:
    case Known::kXForwardedProto:
    case Known::kXRealIp:
    case Known::kAccessControlRequestHeaders:
    case Known::kAccessControlRequestMethod:
      return true;
    default:
      return false;
  }
}

/// Of the client's own relation to a provider, or of its tracing: nothing for a third party.
bool stays_in_house(const net::Header& header) noexcept {
  if (header.known == Known::kTraceparent || header.known == Known::kTracestate) {
    return true;
  }
  if (header.known != Known::kNone) {
    return false;
  }
  constexpr std::array<std::string_view, 3> kNames{"baggage", "openai-organization",
                                                   "openai-project"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&header](std::string_view name) { return net::iequals(header.name, name); });
}

bool client_header_passes(const net::Header& header, const net::HeaderList& all,
                          bool connection_names_some, bool managed,
                          std::string_view edge_header) noexcept {
  if (is_ours(header.known) || net::is_hop_by_hop(header.known)) {
    return false;
  }
  if (connection_names_some && all.has_token(Known::kConnection, header.name)) {
    return false;
  }
  if (managed && stays_in_house(header)) {
    return false;
  }
  return edge_header.empty() || !net::iequals(header.name, edge_header);
}

}  // namespace

void append_upstream_head(std::string& out, const net::HeaderList& client,
                          const snapshot::Deployment& deployment, const UpstreamRequest& request) {
  net::append_request_line(out, "POST", request.target);
  net::append_header(out, "host", request.authority);
  net::append_header(out, "content-type", "application/json");
  net::append_header(out, "content-length", request.content_length);
  net::append_header(out, "accept-encoding", "identity");
  net::append_header(out, "x-request-id", request.request_id);
  if (!deployment.auth_header.empty()) {
    net::append_header(out, deployment.auth_header, deployment.auth_value.reveal());
  }
  const bool connection_names_some = client.has(Known::kConnection);
  for (const net::Header& header : client.all()) {
    if (client_header_passes(header, client, connection_names_some, deployment.managed,
                             request.edge_header)) {
      net::append_header(out, header.name, header.value);
    }
  }
  net::append_end(out);
}

bool answer_header_passes(const net::Header& header, const net::HeaderList& all) noexcept {
  switch (header.known) {
    case Known::kContentLength:
    case Known::kDate:
    case Known::kServer:
    case Known::kSetCookie:
    case Known::kXRequestId:
      return false;
    default:
      break;
  }
  if (net::is_hop_by_hop(header.known) || all.has_token(Known::kConnection, header.name)) {
    return false;
  }
  constexpr std::string_view kCors = "access-control-";
  return header.name.size() < kCors.size() ||
         !net::iequals(header.name.substr(0, kCors.size()), kCors);
}

}  // namespace penstock::gateway
