#include "json/parse.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace penstock::json {
namespace {

struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

Position position_of(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t start = before.rfind('\n');
  return {line, start == std::string_view::npos ? offset + 1 : offset - start};
}

// Builds the value itself instead of using nlohmann's own DOM builder, which keeps the last of two
// equal keys.
class Builder {
 public:
  Builder(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& /*text*/) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Value::binary_t& /*value*/) { return refuse(Code::kInvalid, "binary data"); }

  bool start_object(std::size_t /*count*/) { return open(Value::object()); }
  bool start_array(std::size_t /*count*/) { return open(Value::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (stack_.back()->contains(name)) {
      return refuse(Code::kInvalid,
                    fmt::format("key \"{}\" is given twice in one object; keep one of them", name));
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t offset, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    const Position at = position_of(text_, offset > 0 ? offset - 1 : 0);
    std::string_view what = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …" — keep what follows the
    // position.
    const std::size_t colon = what.find(": ");
    if (colon != std::string_view::npos) {
      what.remove_prefix(colon + 2);
    }
    error_.emplace(Code::kInvalid, fmt::format("{}:{}: {}", at.line, at.column, what));
    return false;
  }

  Result<Value> finish() {
    if (error_) {
      return fail(std::move(*error_));
    }
    return std::move(root_);
  }

 private:
  bool refuse(Code code, std::string_view what) {
    error_.emplace(code, std::string(what));
    return false;
  }

  Value* place(Value&& value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool add(Value&& value) {
    if (++nodes_ > limits_.max_nodes) {
      return refuse(Code::kTooLarge, fmt::format("more than {} values", limits_.max_nodes));
    }
    place(std::move(value));
    return true;
  }

  bool open(Value&& container) {
    if (stack_.size() >= limits_.max_depth) {
      return refuse(Code::kTooLarge, fmt::format("nested more than {} deep", limits_.max_depth));
    }
    if (++nodes_ > limits_.max_nodes) {
      return refuse(Code::kTooLarge, fmt::format("more than {} values", limits_.max_nodes));
    }
    stack_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string_view text_;
  Limits limits_;
  Value root_;
  // Pointers stay valid: only the innermost container grows, and its parents wait.
  std::vector<Value*> stack_;
  std::string key_;
  std::size_t nodes_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<Value> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(Code::kTooLarge,
                fmt::format("{} bytes of JSON; the limit is {}", text.size(), limits.max_bytes));
  }
  Builder builder(text, limits);
  Value::sax_parse(text.begin(), text.end(), &builder);
  return builder.finish();
}

}  // namespace penstock::json
