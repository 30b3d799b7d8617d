#include "controller/snapshot/secret_store.h"

#include <array>
#include <optional>

#include <nlohmann/json.hpp>

namespace penstock::controller::snapshot {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t padding = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      continue;
    }
    ++digits;
    if (c == '=') {
      ++padding;
      continue;
    }
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos || padding != 0) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU));
    }
  }
  return digits % 4 == 0 && padding <= 2 ? std::optional(out) : std::nullopt;
}

std::string text_or(const json::Value& object, const char* key, std::string fallback) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::move(fallback);
}

}  // namespace

Result<> SecretStore::add(const json::Value& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) {
    return fail(Code::kInvalid, "metadata.name is missing");
  }
  const std::string name =
      text_or(*metadata, "namespace", "default") + "/" + text_or(*metadata, "name", "");
  std::map<std::string, Secret, std::less<>> values;
  for (const char* field : {"data", "stringData"}) {
    const auto entries = object.find(field);
    if (entries == object.end() || entries->is_null()) {
      continue;
    }
    if (!entries->is_object()) {
      return fail(Code::kInvalid, std::string(field) + " must be a map from key to text");
    }
    for (const auto& [key, value] : entries->items()) {
      const std::string path = std::string(field) + "." + key;
      if (!value.is_string()) {
        return fail(Code::kInvalid, path + " must be a text; put it in quotes");
      }
      auto plain = field == std::string_view("data")
                       ? decode_base64(value.get_ref<const std::string&>())
                       : std::optional(value.get<std::string>());
      if (!plain) {
        return fail(Code::kInvalid,
                    path + " is not base64; encode it, or write it plainly under stringData");
      }
      values.insert_or_assign(key, Secret(std::move(*plain)));
    }
  }
  secrets_.insert_or_assign(name, std::move(values));
  return {};
}

Result<Secret> SecretStore::get(std::string_view name_space, std::string_view name,
                                std::string_view key) const {
  const std::string full = std::string(name_space) + "/" + std::string(name);
  const auto secret = secrets_.find(full);
  if (secret == secrets_.end()) {
    return fail(Code::kNotFound, "Secret " + full + " does not exist; create it with the key \"" +
                                     std::string(key) + "\"");
  }
  const auto value = secret->second.find(key);
  if (value == secret->second.end()) {
    std::string keys;
    for (const auto& [known, ignored] : secret->second) {
      keys += (keys.empty() ? "" : ", ") + known;
    }
    return fail(Code::kNotFound, "Secret " + full + " has no key \"" + std::string(key) +
                                     "\"; it has " + (keys.empty() ? "none" : keys));
  }
  return value->second;
}

}  // namespace penstock::controller::snapshot
