#pragma once
// The verbs of the Kubernetes API, on whole objects. Knows paths, queries and content types; knows
// no kind's fields. Blocking; any thread.
//
// Errors are those of api_status.h, with a message that starts with what was being done. A
// kTimeout, kUnavailable or kCancelled of a write leaves open whether it was done.
//
//   PENSTOCK_TRY(pods, client.list(resources::kPods, "team-a", {.label_selector = "app=x"}));
//   PENSTOCK_TRY(live, client.apply(resources::kDeployments, intent, {.field_manager =
//   "penstock"}));

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "kube/caller.h"
#include "kube/object.h"
#include "kube/resource.h"
#include "kube/watch_decoder.h"

namespace penstock::kube {

/// Which objects of a collection.
struct Selection {
  std::string label_selector{};
  std::string field_selector{};
  bool metadata_only = false;  ///< PartialObjectMetadata: name, labels, owners and no spec
};

struct ObjectList {
  std::vector<Object> items;
  std::string resource_version;  ///< watch from here
};

struct ApplyOptions {
  std::string field_manager{};
  bool force = true;
  std::string subresource{};  ///< "status" or empty
  bool dry_run = false;
};

struct DeleteOptions {
  enum class Propagation { kBackground, kForeground, kOrphan };
  Propagation propagation = Propagation::kBackground;
  std::string uid{};               ///< delete only this incarnation
  std::string resource_version{};  ///< and only this version
  std::optional<std::chrono::seconds> grace{};
};

struct WatchOptions {
  Selection selection{};
  std::string resource_version{};
  std::chrono::seconds timeout{30};  ///< the server ends the watch then
  std::chrono::seconds grace{10};    ///< later than that it is dead
};

class Client {
 public:
  static constexpr int kPageSize = 500;

  /// `caller` must outlive the client.
  explicit Client(Caller& caller, std::chrono::milliseconds deadline = std::chrono::seconds(30));

  [[nodiscard]] Result<Object> get(const Resource& resource, const ObjectKey& key,
                                   std::stop_token stop = {});

  /// A consistent read (resourceVersion unset), page by page; starts over once when a page's
  /// continue token has expired. Empty namespace: all.
  [[nodiscard]] Result<ObjectList> list(const Resource& resource, const std::string& name_space,
                                        const Selection& selection = {}, std::stop_token stop = {});

  /// The collection's resourceVersion now, for the price of one item. A selection does not change
  /// it, but whose rights end at one name must select that name.
  [[nodiscard]] Result<std::string> latest_version(const Resource& resource,
                                                   const std::string& name_space,
                                                   const Selection& selection = {},
                                                   std::stop_token stop = {});

  [[nodiscard]] Result<Object> create(const Resource& resource, const Object& object,
                                      const std::string& field_manager, std::stop_token stop = {});

  /// PUT. The object must carry the resourceVersion it was read with; kConflict when it is old.
  [[nodiscard]] Result<Object> update(const Resource& resource, const Object& object,
                                      const std::string& field_manager,
                                      const std::string& subresource = {},
                                      std::stop_token stop = {});

  /// Server-side apply of a complete intent. Creates the object if there is none.
  [[nodiscard]] Result<Object> apply(const Resource& resource, const Object& intent,
                                     const ApplyOptions& options, std::stop_token stop = {});

  /// JSON merge patch (RFC 7386).
  [[nodiscard]] Result<Object> merge_patch(const Resource& resource, const ObjectKey& key,
                                           const json::Value& patch,
                                           const std::string& field_manager,
                                           const std::string& subresource = {},
                                           std::stop_token stop = {});

  /// kNotFound when it is gone already, kConflict when uid or resourceVersion do not fit.
  [[nodiscard]] Result<> remove(const Resource& resource, const ObjectKey& key,
                                const DeleteOptions& options = {}, std::stop_token stop = {});

  /// Events from `options.resource_version` on, until the server ends the watch (success), the
  /// handler says false (success), or an error: kGone when the position has expired, kUnavailable
  /// when the stream broke, kTimeout when the server fell silent.
  [[nodiscard]] Result<> watch(const Resource& resource, const std::string& name_space,
                               const WatchOptions& options, const WatchHandler& handler,
                               std::stop_token stop = {});

  /// GET of any path, for /version and /readyz.
  [[nodiscard]] Result<std::string> raw(const std::string& path, std::stop_token stop = {});

 private:
  Result<Object> object_call(Call call, const Resource& resource, std::stop_token stop);
  Result<ObjectList> list_pages(const Resource& resource, const std::string& name_space,
                                const Selection& selection, const std::stop_token& stop);

  Caller& caller_;
  std::chrono::milliseconds deadline_;
};

}  // namespace penstock::kube
