#pragma once
// The gateway's second door, for operators: /metrics, /demand, /livez, /readyz and which
// configuration is in force. Knows nothing of models; runs on one loop and reads the other cores'
// counters.

#include <functional>
#include <string>

#include "net/exchange.h"

namespace penstock::gateway {

class Admin final : public net::Handler {
 public:
  struct Sources {
    std::function<std::string()> metrics;  ///< Prometheus text
    std::function<std::string()> demand;   ///< a report as JSON
    std::function<bool()> ready;
    std::function<std::string()> snapshot_version;  ///< of the configuration in force
  };
  explicit Admin(Sources sources) : sources_(std::move(sources)) {}

  net::Task<void> handle(net::Exchange& exchange) override;

 private:
  Sources sources_;
};

}  // namespace penstock::gateway
