#include "kube/store.h"

#include <mutex>
#include <unordered_set>

namespace penstock::kube {

const Object& subject(const Change& change) {
  struct Visitor {
    const Object& operator()(const Added& added) const { return added.object; }
    const Object& operator()(const Updated& updated) const { return updated.after; }
    const Object& operator()(const Deleted& deleted) const { return deleted.last; }
  };
  return std::visit(Visitor{}, change);
}

void Store::add_index(std::string name, IndexFunction values) {
  const std::unique_lock lock(mutex_);
  indexes_[std::move(name)].values = std::move(values);
}

Object Store::get(const ObjectKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? Object() : found->second;
}

std::vector<Object> Store::list() const {
  const std::shared_lock lock(mutex_);
  std::vector<Object> all;
  all.reserve(objects_.size());
  for (const auto& [key, object] : objects_) {
    all.push_back(object);
  }
  return all;
}

std::vector<Object> Store::collect(const Index& index, const std::string& value) const {
  std::vector<Object> found;
  if (const auto keys = index.keys.find(value); keys != index.keys.end()) {
    found.reserve(keys->second.size());
    for (const ObjectKey& key : keys->second) {  // sorted: the same order on every run
      found.push_back(objects_.at(key));
    }
  }
  return found;
}

std::vector<Object> Store::in_namespace(const std::string& name_space) const {
  const std::shared_lock lock(mutex_);
  return collect(namespaces_, name_space);
}

std::vector<Object> Store::by_index(std::string_view index, const std::string& value) const {
  const std::shared_lock lock(mutex_);
  const auto found = indexes_.find(index);
  return found == indexes_.end() ? std::vector<Object>() : collect(found->second, value);
}

std::size_t Store::size() const {
  const std::shared_lock lock(mutex_);
  return objects_.size();
}

void Store::put(const Object& object) {
  objects_[object.key()] = object;
  const auto add = [&](Index& index) {
    for (std::string& value : index.values(object)) {
      index.keys[std::move(value)].insert(object.key());
    }
  };
  add(namespaces_);
  for (auto& [name, index] : indexes_) {
    add(index);
  }
}

void Store::drop(const Object& object) {
  const auto take = [&](Index& index) {
    for (const std::string& value : index.values(object)) {
      const auto keys = index.keys.find(value);
      if (keys != index.keys.end()) {
        keys->second.erase(object.key());
        if (keys->second.empty()) {
          index.keys.erase(keys);
        }
      }
    }
  };
  take(namespaces_);
  for (auto& [name, index] : indexes_) {
    take(index);
  }
  objects_.erase(ObjectKey(object.key()));
}

std::vector<Change> Store::upsert_locked(const Object& object) {
  const auto found = objects_.find(object.key());
  if (found == objects_.end()) {
    put(object);
    return {Added{object, false}};
  }
  const Object before = found->second;
  if (before.uid() == object.uid() && before.resource_version() == object.resource_version()) {
    return {};
  }
  drop(before);
  put(object);
  if (before.uid() != object.uid()) {
    return {Deleted{before, false}, Added{object, false}};
  }
  return {Updated{before, object}};
}

std::vector<Change> Store::upsert(const Object& object) {
  const std::unique_lock lock(mutex_);
  return upsert_locked(object);
}

std::vector<Change> Store::erase(const Object& last) {
  const std::unique_lock lock(mutex_);
  const auto found = objects_.find(last.key());
  if (found == objects_.end()) {
    return {};
  }
  const Object before = found->second;
  drop(before);
  // The event's object is the newer one, unless it is about another incarnation of the name.
  const bool same = before.uid() == last.uid();
  return {Deleted{same ? last : before, same}};
}

std::vector<Change> Store::replace(const std::vector<Object>& objects) {
  const std::unique_lock lock(mutex_);
  std::unordered_set<ObjectKey> wanted;
  for (const Object& object : objects) {
    wanted.insert(object.key());
  }
  std::vector<Object> missing;
  for (const auto& [key, object] : objects_) {
    if (!wanted.contains(key)) {
      missing.push_back(object);
    }
  }
  std::vector<Change> changes;
  for (const Object& object : missing) {
    drop(object);
    changes.emplace_back(Deleted{object, false});
  }
  for (const Object& object : objects) {
    for (Change& change : upsert_locked(object)) {
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

std::vector<std::string> by_controller_owner(const Object& object) {
  const auto owner = object.controller_owner();
  return owner ? std::vector{owner->uid} : std::vector<std::string>();
}

Store::IndexFunction by_label(std::string label) {
  return [label = std::move(label)](const Object& object) {
    auto value = object.label(label);
    return value ? std::vector{std::move(*value)} : std::vector<std::string>();
  };
}

}  // namespace penstock::kube
