#pragma once
// What compiled CEL rules are made of. For generated code only; pure; no JSON library in sight.
//
// Semantics are those of CEL as the API server runs it on objects after defaulting: null counts as
// absent, size() of a string counts code points, matches() is RE2 and unanchored. crdgen proves
// that fields are present where they are used, so reading an absent one here is a bug and gives an
// empty value.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "json/value.h"

namespace penstock::crd::cel {

/// A place in an object; refers to it, does not own it.
class Node {
 public:
  explicit Node(const json::Value* value) : value_(value) {}

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] Node get(std::string_view key) const;
  [[nodiscard]] std::size_t count() const;  ///< of list items or map entries
  [[nodiscard]] Node at(std::size_t index) const;
  [[nodiscard]] std::vector<std::string_view> keys() const;

  [[nodiscard]] std::string_view str() const;
  [[nodiscard]] std::int64_t num() const;
  [[nodiscard]] bool flag() const;
  [[nodiscard]] std::chrono::nanoseconds duration() const;
  [[nodiscard]] WallTime time() const;

 private:
  const json::Value* value_;
};

[[nodiscard]] std::int64_t size(std::string_view text);
[[nodiscard]] std::int64_t size(const Node& list_or_map);
template <class T>
[[nodiscard]] std::int64_t size(const std::vector<T>& list) {
  return static_cast<std::int64_t>(list.size());
}

[[nodiscard]] bool matches(std::string_view text, std::string_view pattern);
[[nodiscard]] bool list_contains(const Node& list, std::string_view item);
[[nodiscard]] inline bool starts_with(std::string_view text, std::string_view part) {
  return text.starts_with(part);
}
[[nodiscard]] inline bool ends_with(std::string_view text, std::string_view part) {
  return text.ends_with(part);
}
[[nodiscard]] inline bool text_contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
[[nodiscard]] std::string concat(std::string_view a, std::string_view b);

template <class T, class... Items>
[[nodiscard]] std::vector<T> list(Items... items) {
  return std::vector<T>{T(items)...};
}

template <class T, class Item>
[[nodiscard]] bool contains(const std::vector<T>& list, const Item& item) {
  for (const T& each : list) {
    if (each == item) {
      return true;
    }
  }
  return false;
}

// Macros run over lists in the object and over vectors (list literals, keys of a map, results of
// map()).
template <class List>
struct ItemOf {
  using Type = Node;
};
template <class T>
struct ItemOf<std::vector<T>> {
  using Type = T;
};

template <class F>
void visit(const Node& list, const F& f) {
  for (std::size_t i = 0; i < list.count(); ++i) {
    f(list.at(i));
  }
}
template <class T, class F>
void visit(const std::vector<T>& list, const F& f) {
  for (const T item : list) {
    f(item);
  }
}

template <class List, class F>
[[nodiscard]] std::int64_t matching(const List& list, const F& condition) {
  std::int64_t found = 0;
  visit(list, [&](const auto& item) { found += condition(item) ? 1 : 0; });
  return found;
}

template <class List, class F>
[[nodiscard]] bool all(const List& list, const F& condition) {
  return matching(list, condition) == size(list);
}
template <class List, class F>
[[nodiscard]] bool exists(const List& list, const F& condition) {
  return matching(list, condition) > 0;
}
template <class List, class F>
[[nodiscard]] bool exists_one(const List& list, const F& condition) {
  return matching(list, condition) == 1;
}
template <class List, class F>
[[nodiscard]] auto map(const List& list, const F& function) {
  using Item = typename ItemOf<List>::Type;
  std::vector<std::invoke_result_t<F, Item>> out;
  visit(list, [&](const Item& item) { out.push_back(function(item)); });
  return out;
}

template <class T>
[[nodiscard]] bool is_sorted(const std::vector<T>& list) {
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (list[i] < list[i - 1]) {
      return false;
    }
  }
  return true;
}
[[nodiscard]] inline std::int64_t sum(const std::vector<std::int64_t>& list) {
  std::int64_t total = 0;
  for (const std::int64_t item : list) {
    total += item;
  }
  return total;
}

}  // namespace penstock::crd::cel
