#pragma once
// Server-side apply that stays silent when there is nothing to say. Knows intents and what the
// server made of them; knows no kind.
//
// Remembered per object: a hash of the intent last applied, and a hash of what the members that the
// intent names looked like after it. Both equal: nothing is sent. So the server's defaults and a
// mutating webhook's rewrites are not fought, a changed intent is applied, and a change by hand of
// what is ours is put right. A status update of a child, or an annotation that another controller
// writes on it, costs no request. What is remembered may be lost at any time: the price is one
// apply that changes nothing.

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "kube/client.h"

namespace penstock::kube {

/// Any thread; one object must not be applied by two threads at once.
class Applier {
 public:
  /// One field manager per controller, for ever: ownership of fields hangs on the name.
  Applier(Client& client, std::string field_manager);

  struct Outcome {
    Object live;           ///< as the server has it, or the cached one when nothing was sent
    bool written = false;  ///< the server's resourceVersion moved
  };

  /// `intent` complete, without status, managedFields or resourceVersion (they are refused). With a
  /// metadata.uid in it only that incarnation is changed. `cached` is what the informer shows, or
  /// empty.
  [[nodiscard]] Result<Outcome> apply(const Resource& resource, const Object& intent,
                                      const Object& cached, std::stop_token stop = {});

  /// The same for the status subresource, under the manager name with "-status" behind it.
  [[nodiscard]] Result<Outcome> apply_status(const Resource& resource, const Object& intent,
                                             const Object& cached, std::stop_token stop = {});

  /// The object is gone.
  void forget(const Resource& resource, const ObjectKey& key);

  [[nodiscard]] const std::string& field_manager() const noexcept { return field_manager_; }

 private:
  struct Name {
    Resource resource;
    ObjectKey key;
    bool status = false;
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  struct Memory {
    std::string intent;
    std::string live;
  };

  Result<Outcome> send(const Name& name, const Object& intent, const Object& cached,
                       std::stop_token stop);

  Client& client_;
  const std::string field_manager_;
  std::mutex mutex_;
  std::map<Name, Memory> memory_;
};

}  // namespace penstock::kube
