#pragma once
// The request head that goes to an upstream: what of the client's may pass, and what we put in its
// place. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/snapshot/document.h"
#include "net/http_head.h"

namespace penstock::gateway {

struct UpstreamRequest {
  std::string_view target;     ///< origin-form
  std::string_view authority;  ///< for Host
  std::uint64_t content_length = 0;
  std::string_view request_id;
  std::string_view edge_header;  ///< the front door's header, which stays here; may be empty
};

/// Appends a complete POST head. Not passed on: hop-by-hop headers and those that Connection names,
/// credentials, cookies, what proxies said of the client, the client's codings (answers come as
/// identity, so that usage can be read); to providers also trace context and the client's
/// organization.
void append_upstream_head(std::string& out, const net::HeaderList& client,
                          const snapshot::Deployment& deployment, const UpstreamRequest& request);

/// True for a header of an upstream's answer that the client may see.
[[nodiscard]] bool answer_header_passes(const net::Header& header,
                                        const net::HeaderList& all) noexcept;

}  // namespace penstock::gateway
