#include "kube/credentials.h"

#include <fstream>
#include <iterator>

#include "base/log.h"

namespace penstock::kube {
namespace {

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.back())) {
    text.pop_back();
  }
  std::size_t start = 0;
  while (start < text.size() && blank(text[start])) {
    ++start;
  }
  return text.substr(start);
}

}  // namespace

Result<std::string> read_small_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Code::kNotFound, path + " cannot be read");
  }
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) {
    return fail(Code::kUnavailable, path + " cannot be read to its end");
  }
  return text;
}

TokenSource::TokenSource(const ClusterConfig& config, const Clock& clock, FileReader reader)
    : file_(config.token_file), clock_(clock), reader_(std::move(reader)), token_(config.token) {}

Result<Secret> TokenSource::token() {
  if (file_.empty()) {
    return token_;
  }
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.now();
  if (!stale_ && now - read_at_ < kReadEvery) {
    return token_;
  }
  read_at_ = now;
  auto text = reader_(file_);
  std::string token = text ? trimmed(std::move(*text)) : std::string();
  if (!token.empty()) {
    token_ = Secret(std::move(token));
    stale_ = false;
    return token_;
  }
  if (token_.empty()) {
    return fail(Code::kUnauthenticated,
                "token file " + file_ +
                    " is empty or cannot be read; is the service account token "
                    "mounted?");
  }
  log::warn("token file cannot be read, keeping the last token", {{"file", file_}});
  stale_ = false;
  return token_;
}

bool TokenSource::reject() {
  if (file_.empty()) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  stale_ = true;  // the value stays: if the file cannot be read it is still the best we have
  return true;
}

TlsSource::TlsSource(const ClusterConfig& config, const Clock& clock, FileReader reader)
    : ca_(config.ca),
      certificate_(config.client_certificate),
      key_(config.client_key),
      clock_(clock),
      reader_(std::move(reader)) {}

Result<TlsMaterial> TlsSource::read() const {
  const auto get = [this](const PemSource& source) -> Result<std::string> {
    return source.file.empty() ? std::string(source.data.reveal()) : reader_(source.file);
  };
  TlsMaterial material;
  PENSTOCK_TRY(ca, get(ca_));
  PENSTOCK_TRY(certificate, get(certificate_));
  PENSTOCK_TRY(key, get(key_));
  material.ca = std::move(ca);
  material.certificate = std::move(certificate);
  material.key = Secret(std::move(key));
  return material;
}

Result<std::shared_ptr<const TlsMaterial>> TlsSource::material() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.now();
  if (current_ && now - read_at_ < kReadEvery) {
    return current_;
  }
  read_at_ = now;
  auto fresh = read();
  if (!fresh) {
    if (!current_) {
      return fail(std::move(fresh).error().with_context("TLS files of the API server connection"));
    }
    log::warn("TLS file cannot be read, keeping the last one",
              {{"error", fresh.error().to_string()}});
    return current_;
  }
  const bool same = current_ && current_->ca == fresh->ca &&
                    current_->certificate == fresh->certificate &&
                    current_->key.reveal() == fresh->key.reveal();
  if (!same) {
    fresh->version = current_ ? current_->version + 1 : 1;
    current_ = std::make_shared<const TlsMaterial>(std::move(*fresh));
  }
  return current_;
}

}  // namespace penstock::kube
