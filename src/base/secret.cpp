#include "base/secret.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace penstock {

Secret::~Secret() {
  OPENSSL_cleanse(value_.data(), value_.size());
}

bool Secret::matches(std::string_view other) const noexcept {
  return value_.size() == other.size() &&
         CRYPTO_memcmp(value_.data(), other.data(), other.size()) == 0;
}

std::string sha256_hex(std::string_view data) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(digest.size() * 2);
  for (const unsigned char byte : digest) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

}  // namespace penstock
