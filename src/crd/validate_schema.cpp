// The structural part, in the words of kube-openapi's validation and apimachinery's field errors.
#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "crd/pattern.h"
#include "crd/suggest.h"
#include "crd/validate_parts.h"
#include "json/write.h"

namespace penstock::crd {
namespace {

class SchemaCheck {
 public:
  explicit SchemaCheck(Violations& out) : out_(out) {}

  void value(const json::Value& value, const Schema& schema, const Place& at) {
    if (!type_fits(value, schema)) {
      wrong_type(value, schema, at);
    } else if (value.is_string()) {
      string(value, schema, at);
    } else if (value.is_number_integer()) {
      integer(value, schema, at);
    } else if (value.is_array()) {
      list(value, schema, at);
    } else if (value.is_object()) {
      object(value, schema, at);
    }
    if (!schema.enumeration.empty()) {
      enumeration(value, schema, at);
    }
  }

 private:
  static bool type_fits(const json::Value& value, const Schema& schema) {
    switch (schema.type) {
      case SchemaType::kObject:
      case SchemaType::kMap:
      case SchemaType::kAny:
        return value.is_object();
      case SchemaType::kArray:
        return value.is_array();
      case SchemaType::kString:
        return value.is_string();
      case SchemaType::kInteger:
        return value.is_number_integer();
      case SchemaType::kBoolean:
        return value.is_boolean();
      case SchemaType::kIntOrString:
        return value.is_string() || value.is_number_integer();
    }
    return false;
  }

  static std::string_view type_name(const Schema& schema) {
    switch (schema.type) {
      case SchemaType::kArray:
        return "array";
      case SchemaType::kString:
        return "string";
      case SchemaType::kInteger:
        return "integer";
      case SchemaType::kBoolean:
        return "boolean";
      case SchemaType::kIntOrString:
        return "integer,string";
      default:
        return "object";
    }
  }

  static std::string_view type_name(const json::Value& value) {
    if (value.is_number_integer()) {
      return "integer";
    }
    return value.type_name();
  }

  // With a format, kube-openapi names the format instead of the type, except for strings and lists.
  static std::string_view format_name(const json::Value& value) {
    if (value.is_number_integer()) {
      return "int64";
    }
    return value.is_number() ? "float64" : "";
  }

  void wrong_type(const json::Value& value, const Schema& schema, const Place& at) {
    const bool by_format =
        !schema.format.empty() && !value.is_string() && !value.is_array() && !value.is_null();
    const std::string_view wanted = by_format ? schema.format : type_name(schema);
    const std::string_view found = by_format ? format_name(value) : type_name(value);
    std::string remedy = fmt::format("write {} here", article(schema));
    if (schema.type == SchemaType::kString && value.is_primitive() && !value.is_null()) {
      remedy = fmt::format("put it in quotes: \"{}\"", json::write(value));
    } else if (value.is_string() &&
               (schema.type == SchemaType::kInteger || schema.type == SchemaType::kBoolean)) {
      remedy += ", without quotes";
    } else if (schema.type == SchemaType::kArray) {
      remedy = "write a list: each item on its own line after \"- \"";
    }
    add(at, value,
        fmt::format("Invalid value: \"{}\": {} in body must be of type {}: \"{}\"", found, name(at),
                    wanted, found),
        remedy, true);
  }

  static std::string_view article(const Schema& schema) {
    switch (schema.type) {
      case SchemaType::kArray:
        return "a list";
      case SchemaType::kString:
        return "text";
      case SchemaType::kInteger:
        return "a whole number";
      case SchemaType::kBoolean:
        return "true or false";
      case SchemaType::kIntOrString:
        return "a whole number or text";
      default:
        return "an object with fields";
    }
  }

  void string(const json::Value& value, const Schema& schema, const Place& at) {
    const auto& text = value.get_ref<const std::string&>();
    const std::int64_t length = cel::size(text);
    if (schema.max_size != kNoLimit && length > schema.max_size) {
      add(at, value,
          fmt::format("Too long: may not be more than {} {}", schema.max_size,
                      schema.max_size == 1 ? "byte" : "bytes"),
          fmt::format("it has {}; shorten it", length), true);
    } else if (schema.min_size != kNoLimit && length < schema.min_size) {
      add(at, value,
          fmt::format("Invalid value: {}: {} in body should be at least {} chars long",
                      quoted(value), name(at), schema.min_size),
          about(schema));
    } else if (!schema.pattern.empty() && !pattern_matches(schema.pattern, text)) {
      add(at, value,
          fmt::format("Invalid value: {}: {} in body should match '{}'", quoted(value), name(at),
                      schema.pattern),
          about(schema));
    }
    const bool format_fits = schema.format == "duration"    ? parse_duration(text).has_value()
                             : schema.format == "date-time" ? parse_rfc3339(text).has_value()
                                                            : true;
    if (!format_fits) {
      const std::string example =
          schema.format == "duration" ? "10s or 1m30s" : "2026-01-31T12:00:00Z";
      add(at, value,
          fmt::format("Invalid value: {}: {} in body must be of type {}: {}", quoted(value),
                      name(at), schema.format, quoted(value)),
          "write for example " + example, true);
    }
  }

  void integer(const json::Value& value, const Schema& schema, const Place& at) {
    // JSON text gives unsigned numbers, YAML signed ones: compare as what fits both.
    const bool huge = value.is_number_unsigned() &&
                      value.get<std::uint64_t>() >
                          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::int64_t number =
        huge ? std::numeric_limits<std::int64_t>::max() : value.get<std::int64_t>();
    if (schema.has_minimum && number < schema.minimum) {
      add(at, value,
          fmt::format("Invalid value: {}: {} in body should be greater than or equal to {}",
                      quoted(value), name(at), schema.minimum),
          about(schema));
    }
    if (schema.has_maximum && (huge || number > schema.maximum)) {
      add(at, value,
          fmt::format("Invalid value: {}: {} in body should be less than or equal to {}",
                      quoted(value), name(at), schema.maximum),
          about(schema));
    }
  }

  void enumeration(const json::Value& value, const Schema& schema, const Place& at) {
    const std::string text = value.is_string() ? value.get<std::string>() : std::string();
    if (value.is_string() && std::find(schema.enumeration.begin(), schema.enumeration.end(),
                                       text) != schema.enumeration.end()) {
      return;
    }
    std::string words;
    for (const std::string_view word : schema.enumeration) {
      words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", word);
    }
    const std::string_view close = nearest(text, schema.enumeration);
    add(at, value, fmt::format("Unsupported value: {}: supported values: {}", quoted(value), words),
        close.empty() ? "use one of the supported values"
                      : fmt::format("did you mean \"{}\"?", close),
        true);
  }

  void size_limits(const json::Value& value, const Schema& schema, const Place& at,
                   std::string_view what) {
    const auto size = static_cast<std::int64_t>(value.size());
    if (schema.max_size != kNoLimit && size > schema.max_size) {
      add(at, value,
          fmt::format("Too many: {}: must have at most {} {}", size, schema.max_size,
                      schema.max_size == 1 ? "item" : "items"),
          fmt::format("remove {}", size - schema.max_size), true);
    }
    if (schema.min_size != kNoLimit && size < schema.min_size) {
      add(at, value,
          fmt::format("Invalid value: {}: {} in body should have at least {} {}", size, name(at),
                      schema.min_size, what),
          about(schema));
    }
  }

  void list(const json::Value& value, const Schema& schema, const Place& at) {
    size_limits(value, schema, at, "items");
    for (std::size_t i = 0; i < value.size(); ++i) {
      this->value(value[i], *schema.items, at.item(i));
    }
    if (schema.list_type != ListType::kAtomic) {
      duplicates(value, schema, at);
    }
  }

  void duplicates(const json::Value& value, const Schema& schema, const Place& at) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < value.size(); ++i) {
      json::Value key = value[i];
      if (schema.list_type == ListType::kMap) {
        if (!value[i].is_object()) {
          continue;
        }
        key = json::Value::object();
        for (const std::string_view each : schema.list_map_keys) {
          const std::string field(each);
          if (value[i].contains(field)) {
            key[field] = value[i][field];
          }
        }
      }
      if (!seen.insert(json::write(key)).second) {
        add(at.item(i), value[i], fmt::format("Duplicate value: {}", json::write(key)),
            "keep it once");
      }
    }
  }

  void object(const json::Value& value, const Schema& schema, const Place& at) {
    if (schema.type == SchemaType::kMap) {
      size_limits(value, schema, at, "properties");
      for (const auto& [key, entry] : value.items()) {
        this->value(entry, *schema.items, at.entry(key));
      }
      return;
    }
    if (schema.type == SchemaType::kAny) {
      return;
    }
    size_limits(value, schema, at, "properties");
    for (const std::string_view field : schema.required) {
      if (!value.contains(std::string(field))) {
        const Schema* missing = schema.property(field);
        add(at.field(field), json::Value(), "Required value",
            fmt::format("add {}{}", field,
                        missing == nullptr ? "" : ": " + std::string(missing->description)),
            true);
      }
    }
    for (const auto& [key, entry] : value.items()) {
      const Place here = at.field(key);
      const Schema* known = schema.property(key);
      if (at.path.empty() && key == "metadata") {
        if (!entry.is_object()) {
          this->value(entry, *known, here);
        }
      } else if (known != nullptr) {
        this->value(entry, *known, here);
      } else if (!schema.preserve_unknown) {
        add(here, entry, fmt::format("unknown field \"{}\"", here.path), field_remedy(key, schema));
      }
    }
  }

  static std::string quoted(const json::Value& value) { return json::write(value); }
  static std::string_view name(const Place& at) { return at.path; }
  static std::string about(const Schema& schema) { return std::string(schema.description); }

  void add(const Place& at, const json::Value& value, std::string message, std::string remedy,
           bool blocking = false) {
    out_.push_back({.path = at.path,
                    .pointer = at.pointer,
                    .value = value.is_null() ? std::string() : shown(value),
                    .message = std::move(message),
                    .remedy = std::move(remedy),
                    .blocking = blocking});
  }

  Violations& out_;
};

}  // namespace

void check_schema(const json::Value& value, const Schema& schema, const Place& at,
                  Violations& out) {
  SchemaCheck(out).value(value, schema, at);
}

}  // namespace penstock::crd
