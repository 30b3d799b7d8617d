#include "gateway/request/body_scan.h"

#include <array>
#include <bitset>

#include <simdjson.h>

namespace penstock::gateway {
namespace {

namespace od = simdjson::ondemand;
using simdjson::SUCCESS;

enum Key : std::uint8_t {
  kModel,
  kStream,
  kStreamOptions,
  kMaxTokens,
  kMaxCompletionTokens,
  kN,
  kKeyCount
};
constexpr std::array<std::string_view, kKeyCount> kKeys{
    "model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n"};

constexpr std::string_view kNotJson =
    "We could not parse the JSON body of your request. Check for missing quotes, commas or "
    "brackets.";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// JSON's number grammar (RFC 8259 §6), of any precision and size.
bool is_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) {
      ++i;
    }
    return i - start;
  };
  if (i < text.size() && text[i] == '-') {
    ++i;
  }
  const bool zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) {
    return false;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) {
      return false;
    }
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) {
      ++i;
    }
    if (digits() == 0) {
      return false;
    }
  }
  return i == text.size();
}

std::string_view trim_end(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' ||
                            token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

/// Walks any value completely, so that what is skipped is valid too. False: not JSON, or too deep.
bool walk(od::value value, unsigned depth);

bool walk_array(od::value& value, unsigned depth) {
  od::array items;
  if (value.get_array().get(items) != SUCCESS) {
    return false;
  }
  for (auto item : items) {
    od::value inner;
    if (item.get(inner) != SUCCESS || !walk(inner, depth + 1)) {
      return false;
    }
  }
  return true;
}

bool walk_object(od::value& value, unsigned depth) {
  od::object fields;
  if (value.get_object().get(fields) != SUCCESS) {
    return false;
  }
  for (auto field : fields) {
    od::value inner;
    if (field.value().get(inner) != SUCCESS || !walk(inner, depth + 1)) {
      return false;
    }
  }
  return true;
}

bool walk_scalar(od::value& value, od::json_type type) {
  switch (type) {
    case od::json_type::string: {
      od::raw_json_string text;
      return value.get_raw_json_string().get(text) == SUCCESS;
    }
    case od::json_type::number: {
      const std::string_view token = trim_end(value.raw_json_token());
      // get_double moves on; its verdict is not asked, since it refuses what only a double cannot
      // hold.
      (void)value.get_double().error();
      return is_number(token);
    }
    case od::json_type::boolean: {
      bool flag = false;
      return value.get_bool().get(flag) == SUCCESS;
    }
    case od::json_type::null: {
      bool null = false;
      return value.is_null().get(null) == SUCCESS && null;
    }
    default:
      return false;
  }
}

bool walk(od::value value, unsigned depth) {
  if (depth > BodyScanner::kMaxDepth) {
    return false;
  }
  od::json_type type{};
  if (value.type().get(type) != SUCCESS) {
    return false;
  }
  switch (type) {
    case od::json_type::array:
      return walk_array(value, depth);
    case od::json_type::object:
      return walk_object(value, depth);
    default:
      return walk_scalar(value, type);
  }
}

}  // namespace

// One pass over one body. Members live only for that pass, but the parser.
struct BodyScanner::Impl {
  od::parser parser;
  std::string_view body;
  BodyFacts* facts = nullptr;
  BodyFault fault;
  std::bitset<kKeyCount> seen;

  bool fail(std::string message, std::string_view param = {}) {
    fault = {std::move(message), param};
    return false;
  }

  [[nodiscard]] Span span_of(std::string_view token) const {
    return {static_cast<std::size_t>(token.data() - body.data()), token.size()};
  }

  bool document();
  bool field(std::string_view key, od::value value);
  bool known(Key key, od::value value);
  bool model(od::value value);
  bool stream(od::value value);
  bool stream_options(od::value value);
  bool include_usage(od::value value);
  bool integer(Key key, od::value value);
};

namespace {

/// The key without its quotes, decoded if it has escapes (else a view into the body).
std::string_view key_text(simdjson::simdjson_result<od::field>& field) {
  od::raw_json_string raw;
  if (field.key().get(raw) != SUCCESS) {
    return {};
  }
  const char* start = raw.raw();
  const char* end = start;
  while (*end != '"') {
    if (*end == '\\') {
      std::string_view decoded;
      return field.unescaped_key().get(decoded) == SUCCESS ? decoded : std::string_view();
    }
    ++end;
  }
  return {start, static_cast<std::size_t>(end - start)};
}

}  // namespace

bool BodyScanner::Impl::document() {
  od::document doc;
  if (parser.iterate(body.data(), body.size(), body.size() + kPadding).get(doc) != SUCCESS) {
    return fail(std::string(kNotJson));
  }
  od::json_type type{};
  if (doc.type().get(type) != SUCCESS) {
    return fail(std::string(kNotJson));
  }
  od::object object;
  if (type != od::json_type::object || doc.get_object().get(object) != SUCCESS) {
    return fail("The body of the request must be a JSON object.");
  }
  facts->after_open_brace = body.find('{') + 1;
  for (auto one : object) {
    od::value value;
    // The key first: asking for the value moves the parser past it.
    const std::string_view key = one.error() == SUCCESS ? key_text(one) : std::string_view();
    if (one.error() != SUCCESS || one.value().get(value) != SUCCESS) {
      return fail(std::string(kNotJson));
    }
    if (!field(key, value)) {
      return false;
    }
  }
  const bool at_end = doc.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end || fail(std::string(kNotJson));
}

bool BodyScanner::Impl::field(std::string_view key, od::value value) {
  for (std::uint8_t i = 0; i < kKeyCount; ++i) {
    if (key == kKeys[i]) {
      if (seen.test(i)) {
        return fail("The field '" + std::string(key) + "' appears twice. Send it once.", kKeys[i]);
      }
      seen.set(i);
      return known(static_cast<Key>(i), value);
    }
  }
  return walk(value, 1) || fail(std::string(kNotJson) + " Values may be nested " +
                                std::to_string(kMaxDepth) + " deep.");
}

bool BodyScanner::Impl::known(Key key, od::value value) {
  switch (key) {
    case kModel:
      return model(value);
    case kStream:
      return stream(value);
    case kStreamOptions:
      return stream_options(value);
    default:
      return integer(key, value);
  }
}

bool BodyScanner::Impl::model(od::value value) {
  od::json_type type{};
  std::string_view text;
  const std::string_view token = trim_end(value.raw_json_token());
  if (value.type().get(type) != SUCCESS || type != od::json_type::string || token.empty() ||
      value.get_string().get(text) != SUCCESS) {
    return fail("Invalid type for 'model': expected a string.", "model");
  }
  // The token runs up to the next structural character; the string ends at its last quote.
  const std::size_t last_quote = token.rfind('"');
  facts->model_value = span_of(token.substr(0, last_quote + 1));
  facts->model.assign(text);
  return true;
}

bool BodyScanner::Impl::stream(od::value value) {
  od::json_type type{};
  if (value.type().get(type) == SUCCESS && type == od::json_type::null) {
    return walk(value, 1) || fail(std::string(kNotJson));
  }
  return value.get_bool().get(facts->stream) == SUCCESS ||
         fail("Invalid type for 'stream': expected true or false.", "stream");
}

bool BodyScanner::Impl::stream_options(od::value value) {
  od::json_type type{};
  if (value.type().get(type) != SUCCESS) {
    return fail(std::string(kNotJson));
  }
  if (type == od::json_type::null) {
    facts->stream_options = span_of(trim_end(value.raw_json_token()));
    return walk(value, 1) || fail(std::string(kNotJson));
  }
  od::object object;
  const std::string_view open = value.raw_json_token();
  if (type != od::json_type::object || value.get_object().get(object) != SUCCESS) {
    return fail("Invalid type for 'stream_options': expected an object.", "stream_options");
  }
  facts->stream_options = span_of(open.substr(0, 1));
  facts->stream_options_is_object = true;
  facts->stream_options_is_empty = true;
  for (auto one : object) {
    od::value inner;
    const std::string_view key = one.error() == SUCCESS ? key_text(one) : std::string_view();
    if (one.error() != SUCCESS || one.value().get(inner) != SUCCESS) {
      return fail(std::string(kNotJson));
    }
    facts->stream_options_is_empty = false;
    const bool ok = key == "include_usage" ? include_usage(inner) : walk(inner, 2);
    if (!ok) {
      return fault.message.empty() ? fail(std::string(kNotJson)) : false;
    }
  }
  return true;
}

bool BodyScanner::Impl::include_usage(od::value value) {
  if (facts->include_usage) {
    return fail("The field 'stream_options.include_usage' appears twice. Send it once.",
                "stream_options");
  }
  od::json_type type{};
  facts->include_usage = span_of(trim_end(value.raw_json_token()));
  if (value.type().get(type) == SUCCESS && type == od::json_type::null) {
    return walk(value, 2);
  }
  return value.get_bool().get(facts->include_usage_asked) == SUCCESS ||
         fail("Invalid type for 'stream_options.include_usage': expected true or false.",
              "stream_options");
}

// Wrong types and values are the upstream's to explain: what is legal differs between models.
bool BodyScanner::Impl::integer(Key key, od::value value) {
  od::json_type type{};
  if (value.type().get(type) != SUCCESS || type != od::json_type::number) {
    return walk(value, 1) || fail(std::string(kNotJson));
  }
  const std::string_view token = trim_end(value.raw_json_token());
  std::int64_t number = 0;
  const bool fits = value.get_int64().get(number) == SUCCESS;
  if (!is_number(token)) {
    return fail(std::string(kNotJson));
  }
  if (!fits) {
    return walk(value, 1) || true;
  }
  constexpr std::int64_t kMostChoices = 1'000;
  if (key == kN) {
    facts->choices = static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 1, kMostChoices));
  } else if (key == kMaxCompletionTokens || !facts->max_tokens) {
    facts->max_tokens = number;
  }
  return true;
}

BodyScanner::BodyScanner() : impl_(std::make_unique<Impl>()) {}
BodyScanner::~BodyScanner() = default;

std::expected<void, BodyFault> BodyScanner::scan(std::string_view padded_body, BodyFacts& facts) {
  std::string model = std::move(facts.model);  // keeps its memory
  model.clear();
  facts = BodyFacts{};
  facts.model = std::move(model);
  if (padded_body.empty()) {
    return std::unexpected(
        BodyFault{"The body of the request is empty; expected a JSON object.", {}});
  }
  impl_->body = padded_body;
  impl_->facts = &facts;
  impl_->fault = {};
  impl_->seen.reset();
  const bool ok = impl_->document();
  constexpr std::size_t kKeepCapacity = 1U << 20U;
  if (impl_->parser.capacity() > kKeepCapacity) {
    impl_->parser = od::parser();
  }
  if (!ok) {
    return std::unexpected(std::move(impl_->fault));
  }
  return {};
}

}  // namespace penstock::gateway
