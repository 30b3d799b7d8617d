#include "net/tls_stream.h"

#include <array>
#include <utility>

#include <openssl/x509v3.h>

namespace penstock::net {
namespace {

constexpr std::size_t kNetworkRead = 17U << 10U;  // one full record and its framing
constexpr std::size_t kRecord = 16U << 10U;

std::string verify_reason(const SSL* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) {
    return take_ssl_error();
  }
  ERR_clear_error();
  return std::string("certificate not accepted: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<ByteStream> inner, SslPtr ssl)
    : inner_(std::move(inner)),
      ssl_(std::move(ssl)),
      network_in_(BIO_new(BIO_s_mem())),
      network_out_(BIO_new(BIO_s_mem())),
      in_(std::make_unique_for_overwrite<char[]>(kNetworkRead)) {
  BIO_set_mem_eof_return(network_in_, -1);
  SSL_set_bio(ssl_.get(), network_in_, network_out_);
}

TlsStream::~TlsStream() {
  close();
}

Task<std::string> TlsStream::handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    const int reason = SSL_get_error(ssl_.get(), done);
    if (take_output()) {
      const std::string_view out = out_;
      const IoResult sent = co_await write_all(*inner_, {&out, 1});
      if (sent.status != IoStatus::kOk) {
        co_return std::string(to_string(sent.status)) + " during the TLS handshake";
      }
    }
    if (done == 1) {
      established_ = true;
      co_return std::string();
    }
    if (reason != SSL_ERROR_WANT_READ) {
      co_return verify_reason(ssl_.get());
    }
    const std::span<char> into(in_.get(), kNetworkRead);
    const IoResult got = co_await read_some(*inner_, into);
    if (got.status != IoStatus::kOk) {
      co_return std::string(to_string(got.status)) + " during the TLS handshake";
    }
    BIO_write(network_in_, in_.get(), static_cast<int>(got.bytes));
  }
}

bool TlsStream::take_output() {
  const std::size_t pending = BIO_ctrl_pending(network_out_);
  out_.resize(pending);
  if (pending == 0) {
    return false;
  }
  BIO_read(network_out_, out_.data(), static_cast<int>(pending));
  return true;
}

std::optional<IoResult> TlsStream::start_read(std::span<char> into, IoOp& op) {
  into_ = into;
  const auto done = advance_read();
  if (!done) {
    read_op_ = &op;
  }
  return done;
}

/// Decrypts what is there; else starts the next step. A value: the read has ended.
std::optional<IoResult> TlsStream::advance_read() {
  for (;;) {
    if (closed_) {
      return IoResult{IoStatus::kCancelled, 0};
    }
    ERR_clear_error();
    std::size_t got = 0;
    const int ok = SSL_read_ex(ssl_.get(), into_.data(), into_.size(), &got);
    if (ok == 1) {
      return IoResult{IoStatus::kOk, got};
    }
    const int reason = SSL_get_error(ssl_.get(), ok);
    if (reason == SSL_ERROR_ZERO_RETURN) {
      return IoResult{IoStatus::kEof, 0};
    }
    if (reason != SSL_ERROR_WANT_READ) {
      ERR_clear_error();
      return IoResult{IoStatus::kTls, 0};
    }
    if (write_op_ == nullptr && take_output()) {  // a key update's answer, mostly
      out_view_ = out_;
      const auto sent = inner_->start_write({&out_view_, 1}, read_step_);
      if (!sent) {
        flushing_ = true;
        return std::nullopt;
      }
      if (sent->status != IoStatus::kOk) {
        return sent;
      }
    }
    const auto arrived = inner_->start_read({in_.get(), kNetworkRead}, read_step_);
    if (!arrived) {
      return std::nullopt;
    }
    if (arrived->status != IoStatus::kOk) {
      return arrived;
    }
    BIO_write(network_in_, in_.get(), static_cast<int>(arrived->bytes));
  }
}

void TlsStream::read_step(IoResult result) {
  std::optional<IoResult> done;
  if (result.status != IoStatus::kOk) {
    if (std::exchange(flushing_, false) && write_op_ != nullptr) {
      std::exchange(write_op_, nullptr)->complete(result);
    }
    done = result;
  } else {
    if (!std::exchange(flushing_, false)) {
      BIO_write(network_in_, in_.get(), static_cast<int>(result.bytes));
    } else if (write_op_ != nullptr) {  // a write has waited for the flush
      if (const auto written = advance_write(); written) {
        std::exchange(write_op_, nullptr)->complete(*written);
      }
    }
    done = advance_read();
  }
  if (done) {
    std::exchange(read_op_, nullptr)->complete(*done);
  }
}

bool TlsStream::encrypt(std::string_view text) {
  while (!text.empty()) {
    std::size_t written = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl_.get(), text.data(), text.size(), &written) != 1) {
      ERR_clear_error();
      return false;
    }
    text.remove_prefix(written);
  }
  return true;
}

std::optional<IoResult> TlsStream::start_write(std::span<const std::string_view> buffers,
                                               IoOp& op) {
  if (closed_) {
    return IoResult{IoStatus::kCancelled, 0};
  }
  // Small buffers travel in one record: a chunk is not three.
  joined_.clear();
  for (const std::string_view buffer : buffers) {
    if (joined_.size() + buffer.size() <= kRecord) {
      joined_ += buffer;
      continue;
    }
    if (!encrypt(joined_) || !encrypt(buffer)) {
      return IoResult{IoStatus::kTls, 0};
    }
    joined_.clear();
  }
  if (!encrypt(joined_)) {
    return IoResult{IoStatus::kTls, 0};
  }
  if (flushing_) {
    write_op_ = &op;
    return std::nullopt;
  }
  const auto done = advance_write();
  if (!done) {
    write_op_ = &op;
  }
  return done;
}

std::optional<IoResult> TlsStream::advance_write() {
  while (take_output()) {
    out_view_ = out_;
    const auto sent = inner_->start_write({&out_view_, 1}, write_step_);
    if (!sent || sent->status != IoStatus::kOk) {
      return sent;
    }
  }
  return IoResult{};
}

void TlsStream::write_step(IoResult result) {
  std::optional<IoResult> done = result;
  if (result.status == IoStatus::kOk) {
    done = advance_write();
  }
  if (done) {
    std::exchange(write_op_, nullptr)->complete(*done);
  }
}

void TlsStream::shutdown_write() {
  if (!established_ || closed_ || write_op_ != nullptr || flushing_) {
    return;
  }
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  if (take_output()) {
    // Polite, not required: if the socket does not take it at once it is dropped with the
    // connection.
    out_view_ = out_;
    if (!inner_->start_write({&out_view_, 1}, ignored_op())) {
      return;
    }
  }
  inner_->shutdown_write();
}

void TlsStream::close() {
  if (!closed_) {
    shutdown_write();
    closed_ = true;
    inner_->close();
  }
}

Task<std::unique_ptr<ByteStream>> accept_tls(Loop& loop, std::unique_ptr<ByteStream> inner,
                                             std::shared_ptr<const TlsServerContext> context,
                                             std::chrono::milliseconds limit) {
  SslPtr ssl(SSL_new(context->impl().context.get()));
  SSL_set_accept_state(ssl.get());
  auto stream = std::make_unique<TlsStream>(std::move(inner), std::move(ssl));
  struct Cut final : Timer {
    explicit Cut(TlsStream& target) : stream(target) {}
    void expired() override { stream.close(); }
    TlsStream& stream;
  } cut(*stream);
  loop.arm(cut, limit);
  const std::string problem = co_await stream->handshake();
  if (!problem.empty()) {
    stream.reset();
  }
  co_return std::unique_ptr<ByteStream>(std::move(stream));
}

Task<std::expected<std::unique_ptr<ByteStream>, std::string>> connect_tls(
    std::unique_ptr<ByteStream> inner, std::shared_ptr<const TlsClientContext> context,
    std::string server_name) {
  using Connected = std::expected<std::unique_ptr<ByteStream>, std::string>;
  SslPtr ssl(SSL_new(context->impl().context.get()));
  SSL_set_connect_state(ssl.get());
  X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, server_name.c_str()) != 1) {  // not an address: a name
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(rules, server_name.data(), server_name.size());
    SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
  }
  auto stream = std::make_unique<TlsStream>(std::move(inner), std::move(ssl));
  std::string problem = co_await stream->handshake();
  if (!problem.empty()) {
    co_return Connected(std::unexpect, std::move(problem));
  }
  co_return Connected(std::move(stream));
}

}  // namespace penstock::net
