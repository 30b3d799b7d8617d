#include "kube/informer.h"

#include <exception>

#include "base/log.h"

namespace penstock::kube {
namespace {

/// A server that answers "no" so often in a row to a watch at our version will not change its mind:
/// the version is from a future it has forgotten (kubernetes/kubernetes#91073).
constexpr int kMostRefusals = 3;
constexpr std::chrono::seconds kShortestWatch{1};
/// A server sends a bookmark shortly before it ends a watch. One that twice sends nothing at all
/// may wait for a version from before its etcd was restored: it would wait in silence for ever.
constexpr int kMostSilent = 2;

}  // namespace

Informer::Informer(Client& client, const Waiter& waiter, const Resource& resource,
                   InformerOptions options)
    : client_(client),
      waiter_(waiter),
      resource_(resource),
      options_(std::move(options)),
      random_(options_.seed),
      backoff_(options_.backoff) {}

void Informer::add_index(std::string name, Store::IndexFunction values) {
  store_.add_index(std::move(name), std::move(values));
}

void Informer::add_handler(Handler handler) {
  handlers_.push_back(std::move(handler));
}

void Informer::run(std::stop_token stop) {
  Next next;
  while (!stop.stop_requested()) {
    switch (next.step) {
      case Step::kList:
        next = list_once(stop);
        break;
      case Step::kProbe:
        next = probe_once(stop);
        break;
      case Step::kWatch:
        next = watch_once(stop);
        break;
    }
    if (next.wait.count() > 0) {
      waiter_.sleep(next.wait, stop);
    }
  }
}

void Informer::contact(const std::string& version) {
  const std::lock_guard lock(mutex_);
  version_ = version;
  stats_.last_contact = waiter_.now();
  changed_.notify_all();
}

Informer::Next Informer::failed(const Error& error, Step next) {
  const auto wait = std::max(backoff_.after_failure(random_.unit()),
                             error.retry_after().value_or(std::chrono::milliseconds(0)));
  {
    const std::lock_guard lock(mutex_);
    ++stats_.failures;
    ++stats_.failures_in_row;
  }
  log::warn(next == Step::kList ? "cannot list or watch, listing again" : "watch broke, resuming",
            {{"resource", resource_.plural},
             {"code", info(error.code()).name},
             {"error", error.to_string()},
             {"waitMs", wait.count()}});
  return {next, wait};
}

Informer::Next Informer::list_once(const std::stop_token& stop) {
  auto list = client_.list(resource_, options_.name_space, options_.selection, stop);
  if (!list) {
    if (list.error().code() == Code::kCancelled) {
      return {Step::kList, {}};
    }
    return failed(list.error(), Step::kList);
  }
  const bool back = version_less(list->resource_version, version());
  tell(store_.replace(list->items));
  {
    const std::lock_guard lock(mutex_);
    ++stats_.lists;
    stats_.rollbacks += back ? 1 : 0;
  }
  if (back) {
    log::error("API server's version went backwards, content was rebuilt",
               {{"resource", resource_.plural}, {"version", list->resource_version}});
  }
  synced_.store(true, std::memory_order_release);
  contact(list->resource_version);
  return {Step::kWatch, {}};
}

Informer::Next Informer::probe_once(const std::stop_token& stop) {
  const auto latest =
      client_.latest_version(resource_, options_.name_space, options_.selection, stop);
  if (!latest) {
    return latest.error().code() == Code::kCancelled ? Next{Step::kProbe, {}}
                                                     : failed(latest.error(), Step::kProbe);
  }
  return {version_less(*latest, version()) ? Step::kList : Step::kWatch, {}};
}

void Informer::take(const WatchEvent& event) {
  switch (event.type) {
    case WatchEventType::kAdded:
    case WatchEventType::kModified:
      tell(store_.upsert(event.object));
      break;
    case WatchEventType::kDeleted:
      tell(store_.erase(event.object));
      break;
    case WatchEventType::kBookmark:
      break;
  }
  contact(event.object.resource_version());  // after the handlers: "reached" means they know
  const std::lock_guard lock(mutex_);
  ++stats_.events;
  stats_.failures_in_row = 0;
}

void Informer::tell(const std::vector<Change>& changes) {
  const bool initial = !synced();
  for (const Change& change : changes) {
    Change told = change;
    if (auto* added = std::get_if<Added>(&told)) {
      added->initial = initial;
    }
    for (const Handler& handler : handlers_) {
      try {
        handler(told);
      } catch (const std::exception& problem) {
        // One bad object must not stop the news of all others.
        log::error("handler failed", {{"resource", resource_.plural},
                                      {"object", subject(told).key().full_name()},
                                      {"error", problem.what()}});
      }
    }
  }
}

Informer::Next Informer::watch_once(const std::stop_token& stop) {
  WatchOptions options;
  options.selection = options_.selection;
  options.resource_version = version();
  const auto span = options_.watch_longest - options_.watch_shortest;
  options.timeout =
      options_.watch_shortest +
      std::chrono::seconds(random_.below(static_cast<std::uint64_t>(span.count()) + 1));
  options.grace = options_.watch_grace;
  const SteadyTime start = waiter_.now();
  std::uint64_t events = 0;
  bool rolled_back = false;
  {
    const std::lock_guard lock(mutex_);
    ++stats_.watches;
  }
  auto result = client_.watch(
      resource_, options_.name_space, options,
      [&](const WatchEvent& event) {
        rolled_back = version_less(event.object.resource_version(), version());
        if (rolled_back) {
          return false;
        }
        ++events;
        take(event);
        return true;
      },
      stop);
  return after_watch(std::move(result), rolled_back, events, waiter_.now() - start);
}

Informer::Next Informer::after_watch(Result<> result, bool rolled_back, std::uint64_t events,
                                     std::chrono::nanoseconds lasted) {
  if (rolled_back) {
    return {Step::kList, {}};
  }
  if (result && (events > 0 || lasted >= kShortestWatch)) {
    backoff_.reset();
    refusals_ = 0;
    silent_ = events > 0 ? 0 : silent_ + 1;
    const bool probe = silent_ >= kMostSilent;
    silent_ = probe ? 0 : silent_;
    const std::lock_guard lock(mutex_);
    stats_.failures_in_row = 0;
    stats_.last_contact = waiter_.now();
    return {probe ? Step::kProbe : Step::kWatch, {}};
  }
  if (result) {
    return failed(Error(Code::kUnavailable, "the server ended the watch at once"), Step::kWatch);
  }
  switch (result.error().code()) {
    case Code::kCancelled:
      return {Step::kWatch, {}};
    case Code::kGone:
      return refusals_++ == 0 ? Next{Step::kList, {}} : failed(result.error(), Step::kList);
    case Code::kInvalid:
    case Code::kTooLarge:
      return failed(result.error(), Step::kList);  // what cannot be read is read another way
    case Code::kTooManyRequests:
      return failed(result.error(), Step::kWatch);
    case Code::kUnavailable:
      return failed(result.error(), Step::kProbe);  // who comes back may be another one
    default:
      break;
  }
  // A timeout of our own is like a broken connection; the server's (504) names a time to come back.
  if (result.error().code() == Code::kTimeout && !result.error().retry_after()) {
    return failed(result.error(), Step::kProbe);
  }
  return failed(result.error(), ++refusals_ >= kMostRefusals ? Step::kList : Step::kWatch);
}

bool Informer::wait_synced(SteadyTime deadline, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return waiter_.wait_until(lock, changed_, deadline, stop, [this] { return synced(); });
}

bool Informer::reached(std::string_view resource_version) const {
  const std::lock_guard lock(mutex_);
  return !version_less(version_, resource_version);
}

std::string Informer::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

InformerStats Informer::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace penstock::kube
