#pragma once
// The objects of one resource as last seen, with indexes. Knows what changed when content comes in;
// knows nothing of where it comes from. One writer (the informer), any number of readers.
//
// A deletion always carries the last known state, which may be older than what was deleted; and one
// name with a new UID is a deletion and an addition, never an update.

#include <functional>
#include <map>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "kube/object.h"

namespace penstock::kube {

struct Added {
  Object object;
  bool initial = false;  ///< part of the first content after the start
};
struct Updated {
  Object before;
  Object after;
};
struct Deleted {
  Object last;  ///< never empty
  bool certain =
      true;  ///< false: found missing by a list; `last` may be older than what was deleted
};
using Change = std::variant<Added, Updated, Deleted>;

/// The object a change is about (after it, if there is one).
[[nodiscard]] const Object& subject(const Change& change);

class Store {
 public:
  /// The values under which an object is found; none: not in this index.
  using IndexFunction = std::function<std::vector<std::string>(const Object&)>;

  /// Before the first content only.
  void add_index(std::string name, IndexFunction values);

  /// Empty when there is none.
  [[nodiscard]] Object get(const ObjectKey& key) const;
  [[nodiscard]] std::vector<Object> list() const;
  [[nodiscard]] std::vector<Object> in_namespace(const std::string& name_space) const;
  /// Empty for an index that was never added.
  [[nodiscard]] std::vector<Object> by_index(std::string_view index,
                                             const std::string& value) const;
  [[nodiscard]] std::size_t size() const;

  // For the writer: what changed, in the order to tell it.
  std::vector<Change> upsert(const Object& object);
  std::vector<Change> erase(const Object& last);
  /// Makes the content exactly `objects`; what is missing there becomes uncertain deletions.
  std::vector<Change> replace(const std::vector<Object>& objects);

 private:
  struct Index {
    IndexFunction values;
    std::unordered_map<std::string, std::set<ObjectKey>> keys;
  };

  void put(const Object& object);
  void drop(const Object& object);
  std::vector<Change> upsert_locked(const Object& object);
  [[nodiscard]] std::vector<Object> collect(const Index& index, const std::string& value) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<ObjectKey, Object> objects_;
  Index namespaces_{[](const Object& object) { return std::vector{object.name_space()}; }, {}};
  std::map<std::string, Index, std::less<>> indexes_;
};

/// Index function: UID of the owner with controller: true.
[[nodiscard]] std::vector<std::string> by_controller_owner(const Object& object);

/// Index function: values of one label.
[[nodiscard]] Store::IndexFunction by_label(std::string label);

}  // namespace penstock::kube
