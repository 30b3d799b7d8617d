#include "kube/resource.h"

namespace penstock::kube {

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

std::string ObjectKey::full_name() const {
  return name_space.empty() ? name : name_space + "/" + name;
}

std::string collection_path(const Resource& resource, std::string_view name_space) {
  std::string path = resource.group.empty() ? "/api/" : "/apis/";
  path += resource.api_version();
  if (resource.scope == Scope::kNamespaced && !name_space.empty()) {
    path += "/namespaces/";
    path += encode_component(name_space);
  }
  path += '/';
  path += resource.plural;
  return path;
}

std::string object_path(const Resource& resource, const ObjectKey& key,
                        std::string_view subresource) {
  std::string path = collection_path(resource, key.name_space);
  path += '/';
  path += encode_component(key.name);
  if (!subresource.empty()) {
    path += '/';
    path += subresource;
  }
  return path;
}

std::string encode_component(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
    }
  }
  return out;
}

}  // namespace penstock::kube
