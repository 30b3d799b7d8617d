#pragma once
// A Document made ready to answer calls: indexed, checked, immutable. Knows neither sockets nor
// clocks.
//
// Built once per change on whatever thread compiles it, then shared by all cores; a call keeps the
// one that it began with. Lookups allocate nothing, except model lists. Example: snapshot_test.cpp.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/snapshot/document.h"
#include "gateway/snapshot/key_table.h"
#include "routing/plan.h"

namespace penstock::gateway::snapshot {

/// One endpoint in the flat list that routing plans count in.
struct FlatEndpoint {
  std::uint32_t deployment = 0;
  const Endpoint* endpoint = nullptr;
  std::string state_id;  ///< deployment and endpoint id: under this a core keeps what it has learnt
  std::string authority;  ///< "host:port", for the Host header
};

/// What of a deployment is needed as text on each call, prepared once.
struct DeploymentText {
  std::string chat_target;  ///< origin-form request target for each operation
  std::string completion_target;
  std::string embedding_target;
  std::string upstream_model_json;  ///< quoted and escaped; empty = leave the client's
};

class Snapshot {
 public:
  /// Checks indices and digests; kInvalid names what is wrong. Fills in an empty version.
  [[nodiscard]] static Result<std::shared_ptr<const Snapshot>> compile(Document document);

  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] const Document& document() const noexcept { return document_; }
  [[nodiscard]] const KeyTable& keys() const noexcept { return keys_; }
  [[nodiscard]] const std::vector<FlatEndpoint>& endpoints() const noexcept { return endpoints_; }
  [[nodiscard]] const std::vector<routing::EndpointFacts>& facts() const noexcept { return facts_; }
  [[nodiscard]] const routing::Plan& plan(std::uint32_t route) const noexcept {
    return plans_[route];
  }
  [[nodiscard]] const DeploymentText& text(std::uint32_t deployment) const noexcept {
    return texts_[deployment];
  }

  /// Looks a header of the call up by its lower-case name; empty when absent.
  using HeaderLookup = std::function<std::string_view(std::string_view name)>;

  enum class Access { kGranted, kUnknownModel, kForbidden };
  struct Resolution {
    Access access = Access::kUnknownModel;
    std::uint32_t route = 0;  ///< when granted
  };

  /// The first route in order that takes this model, path and headers for this consumer.
  /// kForbidden: the model is known here, but not for this consumer.
  [[nodiscard]] Resolution resolve(std::uint32_t consumer, std::string_view model,
                                   std::string_view path, const HeaderLookup& header) const;

  /// Names that the consumer may ask for, sorted, each once. Routes' paths and headers are not
  /// considered.
  [[nodiscard]] std::vector<std::string_view> models_for(std::uint32_t consumer) const;

 private:
  explicit Snapshot(Document document) : document_(std::move(document)) {}

  Result<> check() const;
  Result<> index_keys();
  void index_endpoints();
  void index_routes();
  void build_plan(const Route& route);
  void prepare_text(const Deployment& deployment);
  [[nodiscard]] bool consumer_may_use(std::uint32_t consumer, std::string_view model) const;
  [[nodiscard]] bool takes(const Route& route, std::string_view path,
                           const HeaderLookup& header) const;
  void add_names(const Route& route, std::vector<std::string_view>& names) const;

  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  struct GlobRoute {
    std::string pattern;
    std::uint32_t route = 0;
  };

  Document document_;
  KeyTable keys_;
  std::vector<FlatEndpoint> endpoints_;
  std::vector<routing::EndpointFacts> facts_;
  std::vector<std::uint32_t> first_endpoint_;  ///< per deployment
  std::vector<routing::Plan> plans_;           ///< per route
  std::vector<DeploymentText> texts_;          ///< per deployment
  std::unordered_map<std::string, std::vector<std::uint32_t>, StringHash, std::equal_to<>> exact_;
  std::vector<GlobRoute> globs_;
  std::vector<std::vector<bool>> open_to_;  ///< per route, per consumer
};

}  // namespace penstock::gateway::snapshot
