// One call over one connection.

#include <algorithm>
#include <array>
#include <utility>

#include "net/client_connection.h"

namespace penstock::net {
namespace {

constexpr std::size_t kMaxInput = 64U << 10U;

}  // namespace

std::string_view to_string(CallFault fault) noexcept {
  switch (fault) {
    case CallFault::kDns:
      return "dns";
    case CallFault::kConnect:
      return "connect";
    case CallFault::kTls:
      return "tls";
    case CallFault::kStale:
      return "stale";
    case CallFault::kReset:
      return "reset";
    case CallFault::kTimeout:
      return "timeout";
    case CallFault::kProtocol:
      return "protocol";
    case CallFault::kTooLarge:
      return "too_large";
    case CallFault::kCancelled:
      return "cancelled";
  }
  return "reset";
}

ClientCall::ClientCall(ClientPool& pool, Origin& origin) : pool_(pool), origin_(origin) {}

ClientCall::~ClientCall() {
  timer_.cancel();
  if (!connection_) {
    return;
  }
  Input& input = connection_->input;
  const bool reusable = sent_ && !ended_ && complete() && connection_->head.keep_alive &&
                        input.status() == IoStatus::kOk && input.size() == consumed_;
  if (!reusable) {
    ClientConnection::retire(std::move(connection_));
    return;
  }
  input.consume(consumed_);
  pool_.impl().give(origin_, std::move(connection_));
}

void ClientCall::set_timeout(std::chrono::milliseconds after) {
  timer_.cancel();
  if (after > std::chrono::milliseconds::zero()) {
    pool_.impl().loop.arm(timer_, after);
  }
}

void ClientCall::timed_out() {
  end(CallFault::kTimeout);
}
void ClientCall::abort() {
  end(CallFault::kCancelled);
}

void ClientCall::end(CallFault why) {
  if (ended_) {
    return;
  }
  ended_ = true;
  ended_by_ = why;
  timer_.cancel();
  if (connecting_ != nullptr) {
    connecting_->cancel();
  }
  if (connection_) {
    connection_->stream().close();
  }
}

CallError ClientCall::failure(IoStatus status, std::string_view doing) const {
  const std::string where =
      std::string(doing) + " " + origin_.key.host + ":" + std::to_string(origin_.key.port) + ": ";
  if (ended_) {
    return {ended_by_, where + std::string(to_string(ended_by_))};
  }
  if (reused_ && !answered_) {
    ++pool_.impl().stats.stale;
    return {CallFault::kStale, where + "the kept connection had been closed"};
  }
  return {status == IoStatus::kTls ? CallFault::kTls : CallFault::kReset,
          where + std::string(to_string(status))};
}

Task<Expected<void>> ClientCall::connect() {
  ClientPool::Impl& pool = pool_.impl();
  connection_ = pool.take(origin_);
  reused_ = connection_ != nullptr;
  if (reused_) {
    co_return Expected<void>();
  }
  if (origin_.key.tls && !pool.options.tls) {
    auto context = TlsClientContext::create({}, TlsVersion::kTls12);
    if (!context) {
      co_return std::unexpected(CallError{CallFault::kTls, context.error().message()});
    }
    pool.options.tls = std::move(*context);
  }
  Connector connector(pool.loop, pool.dns,
                      Connector::Target(origin_.key.host, origin_.key.port, origin_.key.sni,
                                        origin_.key.tls ? pool.options.tls : nullptr,
                                        pool.options.connect_timeout));
  connecting_ = &connector;
  ++pool.stats.connects;
  auto made = co_await connector.run();
  connecting_ = nullptr;
  if (ended_) {
    co_return std::unexpected(failure(IoStatus::kCancelled, "connect"));
  }
  if (!made) {
    ++pool.stats.connect_failures;
    co_return std::unexpected(std::move(made).error());
  }
  connection_ = std::make_unique<ClientConnection>(std::move(*made), pool.live);
  co_return Expected<void>();
}

Task<Expected<void>> ClientCall::send(std::string_view head, std::string_view body,
                                      bool method_is_head) {
  to_head_ = method_is_head;
  if (ended_) {
    co_return std::unexpected(failure(IoStatus::kCancelled, "send to"));
  }
  auto connected = co_await connect();
  if (!connected) {
    co_return connected;
  }
  const std::array<std::string_view, 2> buffers{head, body};
  const IoResult sent = co_await write_all(connection_->stream(), buffers);
  // An upstream that answers and closes before it has read everything (413) is heard all the same.
  if (sent.status != IoStatus::kOk && (ended_ || connection_->input.size() == 0)) {
    co_return std::unexpected(failure(sent.status, "send to"));
  }
  sent_ = sent.status == IoStatus::kOk;
  co_return Expected<void>();
}

/// Waits until there is more input, or the input has ended (see its status).
Task<Expected<void>> ClientCall::more_input() {
  Input& input = connection_->input;
  if (!ended_ && !input.reading() && input.status() == IoStatus::kOk) {
    input.reserve(input.size() + 1);
    input.start();
  }
  if (input.reading()) {
    co_await input.changed();
  }
  answered_ = answered_ || input.size() > 0;
  if (ended_) {
    co_return std::unexpected(failure(IoStatus::kCancelled, "read from"));
  }
  co_return Expected<void>();
}

Task<Expected<const ResponseHead*>> ClientCall::read_head() {
  Input& input = connection_->input;
  HeadScanner& scanner = connection_->scanner;
  ResponseHead& head = connection_->head;
  const auto broken = [&](CallFault fault, std::string_view what) {
    end(fault);
    return std::unexpected(failure(IoStatus::kFailed, what));
  };
  for (;;) {
    if (ended_) {
      co_return std::unexpected(failure(IoStatus::kCancelled, "read from"));
    }
    const auto state = scanner.scan(input.view(), pool_.impl().options.max_head_bytes);
    if (state == HeadScanner::State::kFault) {
      co_return broken(
          scanner.fault() == HeadFault::kTooLarge ? CallFault::kTooLarge : CallFault::kProtocol,
          "read the head from");
    }
    if (state == HeadScanner::State::kComplete) {
      const std::size_t length = scanner.length();
      answered_ = true;
      if (parse_response_head(input.view().substr(0, length), to_head_, head) != HeadFault::kNone ||
          head.status == 101) {
        co_return broken(CallFault::kProtocol, "parse the head from");
      }
      scanner.reset();
      if (head.status / 100 == 1) {
        input.consume(length);
        continue;
      }
      consumed_ = length;
      have_head_ = true;
      body_ = BodyDecoder(head.framing, head.content_length);
      co_return &head;
    }
    const auto more = co_await more_input();
    if (!more) {
      co_return std::unexpected(more.error());
    }
    if (input.status() != IoStatus::kOk && input.view().empty()) {
      co_return std::unexpected(failure(input.status(), "read from"));
    }
    if (input.status() != IoStatus::kOk && scanner.seen() == input.size()) {
      co_return std::unexpected(failure(input.status(), "read from"));
    }
  }
}

Task<Expected<std::string_view>> ClientCall::read_body() {
  Input& input = connection_->input;
  input.consume(std::exchange(consumed_, 0));
  while (!ended_ && !body_.done()) {
    if (input.size() > 0) {
      const bool full = input.room() == 0;
      const auto step = body_.decode({input.data(), input.size()});
      if (body_.failed()) {
        end(CallFault::kProtocol);
        break;
      }
      if (full && !input.reading()) {
        grow_ = true;
      }
      if (step.body > 0) {
        consumed_ = step.used;
        co_return input.view().substr(0, step.body);
      }
      input.consume(step.used);
      continue;
    }
    if (input.status() != IoStatus::kOk) {
      if (input.status() == IoStatus::kEof && body_.ends_at_close()) {
        body_ = BodyDecoder();  // done
        break;
      }
      co_return std::unexpected(failure(input.status(), "read the body from"));
    }
    if (std::exchange(grow_, false)) {
      input.reserve(kMaxInput - 512);
    }
    const auto more = co_await more_input();
    if (!more) {
      co_return std::unexpected(more.error());
    }
  }
  if (ended_) {
    co_return std::unexpected(failure(IoStatus::kCancelled, "read the body from"));
  }
  co_return std::string_view();
}

Task<Expected<std::string_view>> ClientCall::read_all(std::size_t limit) {
  whole_.clear();
  for (;;) {
    const auto piece = co_await read_body();
    if (!piece) {
      co_return piece;
    }
    if (whole_.size() + piece->size() > limit) {
      end(CallFault::kTooLarge);
      co_return std::unexpected(failure(IoStatus::kFailed, "read the body from"));
    }
    if (whole_.empty() && complete()) {
      co_return *piece;  // it came in one piece: the input's own padding is behind it
    }
    if (whole_.empty()) {
      whole_.reserve(static_cast<std::size_t>(
                         std::min<std::uint64_t>(limit, connection_->head.content_length)) +
                     Input::kPadding);
    }
    whole_.append(*piece);
    if (complete()) {
      whole_.reserve(whole_.size() + Input::kPadding);
      co_return std::string_view(whole_);
    }
  }
}

}  // namespace penstock::net
