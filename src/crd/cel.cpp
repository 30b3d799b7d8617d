#include "crd/cel.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "crd/pattern.h"

namespace penstock::crd::cel {

bool Node::has(std::string_view key) const {
  if (value_ == nullptr || !value_->is_object()) {
    return false;
  }
  const auto found = value_->find(std::string(key));
  return found != value_->end() && !found->is_null();
}

Node Node::get(std::string_view key) const {
  return has(key) ? Node(&*value_->find(std::string(key))) : Node(nullptr);
}

std::size_t Node::count() const {
  return value_ == nullptr || !value_->is_structured() ? 0 : value_->size();
}

Node Node::at(std::size_t index) const {
  return Node(&(*value_)[index]);
}

std::vector<std::string_view> Node::keys() const {
  std::vector<std::string_view> out;
  if (value_ != nullptr && value_->is_object()) {
    for (auto entry = value_->begin(); entry != value_->end(); ++entry) {
      out.emplace_back(entry.key());
    }
  }
  return out;
}

std::string_view Node::str() const {
  return value_ != nullptr && value_->is_string()
             ? std::string_view(value_->get_ref<const std::string&>())
             : "";
}

std::int64_t Node::num() const {
  return value_ != nullptr && value_->is_number() ? value_->get<std::int64_t>() : 0;
}

bool Node::flag() const {
  return value_ != nullptr && value_->is_boolean() && value_->get<bool>();
}

std::chrono::nanoseconds Node::duration() const {
  return parse_duration(str()).value_or(std::chrono::nanoseconds{0});
}

WallTime Node::time() const {
  return parse_rfc3339(str()).value_or(WallTime{});
}

std::int64_t size(std::string_view text) {
  // Every byte except UTF-8 continuation bytes starts a code point.
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

std::int64_t size(const Node& list_or_map) {
  return static_cast<std::int64_t>(list_or_map.count());
}

bool matches(std::string_view text, std::string_view pattern) {
  return pattern_matches(pattern, text);
}

bool list_contains(const Node& list, std::string_view item) {
  return exists(list, [&](const Node& each) { return each.str() == item; });
}

std::string concat(std::string_view a, std::string_view b) {
  std::string out(a);
  out += b;
  return out;
}

}  // namespace penstock::crd::cel
