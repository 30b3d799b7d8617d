#pragma once
// The Secrets that other objects refer to. Knows the shape of v1/Secret, nothing of who may read
// which: a reference never leaves its own namespace, and the caller sees to that.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "json/value.h"

namespace penstock::controller::snapshot {

class SecretStore {
 public:
  /// Takes over a v1/Secret object: data (base64) and stringData, which wins. Error kInvalid names
  /// the key.
  [[nodiscard]] Result<> add(const json::Value& object);

  /// Error kNotFound says whether the Secret or the key in it is missing and which keys there are.
  [[nodiscard]] Result<Secret> get(std::string_view name_space, std::string_view name,
                                   std::string_view key) const;

 private:
  std::map<std::string, std::map<std::string, Secret, std::less<>>, std::less<>>
      secrets_;  ///< by "namespace/name"
};

}  // namespace penstock::controller::snapshot
