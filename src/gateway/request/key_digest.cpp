#include "gateway/request/key_digest.h"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

namespace penstock::gateway {
namespace {

// Fetched once: OpenSSL 3's implicit fetch on every digest costs more than hashing a key.
const EVP_MD* sha256() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

snapshot::KeyDigest key_digest(std::string_view key) noexcept {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  snapshot::KeyDigest digest{};
  const bool ok = context && EVP_DigestInit_ex2(context.get(), sha256(), nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), key.data(), key.size()) == 1 &&
                  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!ok) {
    std::abort();  // no memory for a context, or an OpenSSL without SHA-256: nobody could be
                   // authenticated
  }
  return digest;
}

}  // namespace penstock::gateway
