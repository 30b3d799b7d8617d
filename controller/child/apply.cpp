#include "controller/child/apply.h"

#include <algorithm>

#include "base/log.h"
#include "runtime/ownership.h"

namespace penstock::controller::child {
namespace {

class Sync {
 public:
  Sync(const Hands& hands, const kube::Object& owner, const std::stop_token& stop)
      : hands_(hands), owner_(owner), stop_(stop) {}

  Result<> apply(const Child& child) {
    const auto& resource = child.slot.resource;
    const kube::ObjectKey key{owner_.name_space(), child.slot.name};
    PENSTOCK_TRY(informer, informer_of(resource));
    PENSTOCK_TRY(known, look(resource, key, *informer));
    PENSTOCK_CHECK_OK(runtime::check_ownership(known, owner_));
    PENSTOCK_TRY(outcome, hands_.applier.apply(resource, child.intent, known, stop_));
    if (outcome.written) {
      log::info("applied child", {{"kind", resource.kind},
                                  {"name", key.full_name()},
                                  {"owner", owner_.key().full_name()}});
      hands_.writes.wrote(owner_.key(), *informer, outcome.live);
    }
    return {};
  }

  Result<> remove(const Slot& slot) {
    PENSTOCK_TRY(informer, informer_of(slot.resource));
    const kube::ObjectKey key{owner_.name_space(), slot.name};
    const kube::Object known = informer->store().get(key);
    if (known.empty() || known.deleting() || !runtime::controlled_by(known, owner_)) {
      return {};
    }
    log::info("deleting child that is not wanted any more", {{"kind", slot.resource.kind},
                                                             {"name", key.full_name()},
                                                             {"owner", owner_.key().full_name()}});
    kube::DeleteOptions options;
    options.uid = known.uid();
    const auto removed = hands_.client.remove(slot.resource, key, options, stop_);
    if (!removed && removed.error().code() != Code::kNotFound) {
      return removed;
    }
    hands_.writes.removed(owner_.key(), *informer, key, known.uid());
    return {};
  }

 private:
  Result<const kube::Informer*> informer_of(const kube::Resource& resource) {
    const auto* informer = hands_.informer(resource, owner_.name_space());
    if (informer == nullptr) {
      return fail(Code::kInternal, "no cache of " + std::string(resource.plural) +
                                       " in namespace " + owner_.name_space());
    }
    return informer;
  }

  /// What there is. The cache holds only objects with our label, so before the first write of a
  /// name the server is asked whether somebody else has it.
  Result<kube::Object> look(const kube::Resource& resource, const kube::ObjectKey& key,
                            const kube::Informer& informer) {
    kube::Object known = informer.store().get(key);
    if (!known.empty()) {
      return known;
    }
    auto live = hands_.client.get(resource, key, stop_);
    if (!live && live.error().code() == Code::kNotFound) {
      return known;
    }
    return live;
  }

  const Hands& hands_;
  const kube::Object& owner_;
  const std::stop_token& stop_;
};

}  // namespace

Result<> sync_children(const Hands& hands, const kube::Object& owner,
                       const std::vector<Child>& wanted, const std::vector<Slot>& all,
                       const std::stop_token& stop) {
  Sync sync(hands, owner, stop);
  Result<> first;
  const auto keep = [&](Result<> result) {
    if (!result && first) {
      first = std::move(result);
    }
  };
  for (const auto& child : wanted) {
    keep(sync.apply(child));
  }
  for (const auto& slot : all) {
    if (std::ranges::find(wanted, slot, &Child::slot) == wanted.end()) {
      keep(sync.remove(slot));
    }
  }
  return first;
}

void forget_children(const Hands& hands, const std::string& name_space,
                     const std::vector<Slot>& all) {
  for (const auto& slot : all) {
    hands.applier.forget(slot.resource, {name_space, slot.name});
  }
}

}  // namespace penstock::controller::child
