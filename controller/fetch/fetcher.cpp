#include "controller/fetch/fetcher.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <set>
#include <utility>

#include "net/http_client.h"
#include "net/http_writer.h"
#include "net/loop.h"

namespace penstock::controller::fetch {
namespace {

/// How often due targets are looked for: the resolution of every cadence.
constexpr std::chrono::milliseconds kLook{20};

Code code_of(net::CallFault fault) {
  switch (fault) {
    case net::CallFault::kTimeout:
      return Code::kTimeout;
    case net::CallFault::kTooLarge:
    case net::CallFault::kProtocol:
      return Code::kInvalid;
    default:
      return Code::kUnavailable;
  }
}

std::unexpected<Error> failure(const net::CallError& error) {
  return fail(code_of(error.fault), error.detail);
}

std::string request_head(const Target& target) {
  const bool ipv6 = target.address.find(':') != std::string::npos;
  std::string out;
  net::append_request_line(out, "GET", target.path);
  net::append_header(
      out, "host",
      (ipv6 ? "[" + target.address + "]" : target.address) + ":" + std::to_string(target.port));
  net::append_header(out, "user-agent", "penstock-controller");
  net::append_header(out, "accept", "*/*");
  net::append_end(out);
  return out;
}

}  // namespace

class Fetcher::Round {
 public:
  Round(const Options& options, const OnFetched& on_fetched)
      : options_(options), on_fetched_(on_fetched), pool_(loop_, pool_options(options)) {}

  void aim(std::vector<Target> targets) {
    loop_.post([this, targets = std::move(targets)]() mutable { take(std::move(targets)); });
  }

  void run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { loop_.post([this] { end(); }); });
    net::spawn(pump());
    loop_.run();
  }

 private:
  struct Entry {
    Target target;
    std::string head;
    net::Origin* origin = nullptr;
    SteadyTime due{};
    int failures = 0;  ///< in a row
    bool running = false;
    bool dropped = false;  ///< not aimed at any more
  };
  using EntryPtr = std::shared_ptr<Entry>;
  /// A turn is void when its entry has another one since.
  struct Turn {
    SteadyTime due{};
    EntryPtr entry;
    friend bool operator<(const Turn& a, const Turn& b) { return a.due > b.due; }  // earliest first
  };

  void schedule(const EntryPtr& entry, SteadyTime due) {
    entry->due = due;
    turns_.push({due, entry});
  }

  static net::PoolOptions pool_options(const Options& options) {
    net::PoolOptions out;
    out.connect_timeout = options.timeout;
    out.max_idle_per_origin = 1;
    return out;
  }

  void take(std::vector<Target> targets) {
    std::map<std::string, EntryPtr> next;
    for (Target& target : targets) {
      const auto known = entries_.find(target.id);
      if (known != entries_.end() && same_place(known->second->target, target)) {
        EntryPtr entry = known->second;
        if (target.every < entry->target.every && loop_.now() + target.every < entry->due) {
          schedule(entry, loop_.now() + target.every);
        }
        entry->target.every = target.every;
        next.emplace(target.id, std::move(entry));
        continue;
      }
      auto entry = std::make_shared<Entry>();
      entry->head = request_head(target);
      entry->origin = &pool_.origin({target.address, target.port});
      schedule(entry, loop_.now());
      entry->target = std::move(target);
      next.emplace(entry->target.id, entry);
    }
    for (const auto& [id, entry] : entries_) {
      const auto kept = next.find(id);
      entry->dropped = kept == next.end() || kept->second != entry;
    }
    entries_ = std::move(next);
  }

  static bool same_place(const Target& a, const Target& b) {
    return a.address == b.address && a.port == b.port && a.path == b.path;
  }

  net::Task<void> pump() {
    while (!ending_) {
      const SteadyTime now = loop_.now();
      while (running_ < options_.most_at_once && !turns_.empty() && turns_.top().due <= now) {
        const Turn turn = turns_.top();
        turns_.pop();
        if (!turn.entry->running && !turn.entry->dropped && turn.entry->due == turn.due) {
          start(turn.entry);
        }
      }
      co_await loop_.sleep(kLook);
    }
    while (running_ > 0) {
      co_await loop_.sleep(kLook);
    }
    co_await pool_.close_idle();
    loop_.stop();
  }

  void start(const EntryPtr& entry) {
    entry->running = true;
    ++running_;
    net::spawn(fetch(entry));
  }

  net::Task<void> fetch(EntryPtr entry) {
    const SteadyTime asked = loop_.now();
    Result<std::string_view> got = fail(Code::kUnavailable, "not asked");
    bool again = true;
    while (again) {
      net::ClientCall call(pool_, *entry->origin);
      calls_.insert(&call);
      call.set_timeout(options_.timeout);
      auto outcome = co_await exchange(call, *entry);
      calls_.erase(&call);
      // A kept connection that the other side has closed meanwhile says nothing about it.
      again = !ending_ && !outcome && outcome.error().fault == net::CallFault::kStale;
      got = outcome ? Result<std::string_view>(body_) : failure(outcome.error());
    }
    --running_;
    entry->running = false;
    finish(entry, {asked, loop_.now(), std::move(got)});
  }

  /// Leaves the document in body_, for as long as nothing else is awaited.
  net::Task<net::Expected<void>> exchange(net::ClientCall& call, const Entry& entry) {
    const auto sent = co_await call.send(entry.head, "");
    if (!sent) {
      co_return std::unexpected(sent.error());
    }
    const auto head = co_await call.read_head();
    if (!head) {
      co_return std::unexpected(head.error());
    }
    const int status = (*head)->status;
    const auto all = co_await call.read_all(options_.most_bytes);
    if (!all) {
      co_return std::unexpected(all.error());
    }
    if (status != 200) {
      co_return std::unexpected(net::CallError{net::CallFault::kProtocol,
                                               "answered " + std::to_string(status) + " to GET " +
                                                   entry.target.path + " instead of 200"});
    }
    body_.assign(*all);
    co_return net::Expected<void>{};
  }

  void finish(const EntryPtr& entry, const Fetched& got) {
    entry->failures = got.body ? 0 : entry->failures + 1;
    auto wait = entry->target.every;
    for (int i = 1; i < entry->failures && wait < options_.slowest; ++i) {
      wait *= 2;
    }
    schedule(entry, got.asked + std::min(wait, std::max(options_.slowest, entry->target.every)));
    if (!entry->dropped && !ending_) {
      on_fetched_(entry->target.id, got);
    }
  }

  void end() {
    ending_ = true;
    for (auto* call : std::set(calls_)) {  // abort() may end one and with it change the set
      if (calls_.contains(call)) {
        call->abort();
      }
    }
  }

  const Options& options_;
  const OnFetched& on_fetched_;
  net::Loop loop_;
  net::ClientPool pool_;
  std::map<std::string, EntryPtr> entries_;
  std::priority_queue<Turn> turns_;
  std::string body_;  ///< one for all: few are in memory at once, however many are on their way
  std::set<net::ClientCall*> calls_;
  std::size_t running_ = 0;
  bool ending_ = false;
};

Fetcher::Fetcher(Options options, OnFetched on_fetched)
    : options_(options), on_fetched_(std::move(on_fetched)) {}

Fetcher::~Fetcher() = default;

void Fetcher::aim(std::vector<Target> targets) {
  const std::lock_guard lock(mutex_);
  targets_ = std::move(targets);
  if (round_ != nullptr) {
    round_->aim(targets_);
  }
}

void Fetcher::run(const std::stop_token& stop) {
  Round round(options_, on_fetched_);
  {
    const std::lock_guard lock(mutex_);
    round.aim(targets_);
    round_ = &round;
  }
  round.run(stop);
  const std::lock_guard lock(mutex_);
  round_ = nullptr;
}

}  // namespace penstock::controller::fetch
