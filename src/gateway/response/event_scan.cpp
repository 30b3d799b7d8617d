#include "gateway/response/event_scan.h"

#include <algorithm>

#include "gateway/response/json_keys.h"

namespace penstock::gateway {
namespace {

/// From `{` at `open` to the end of that object; a usage object holds no strings with braces.
std::string_view object_at(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return text.substr(open, i - open + 1);
    }
  }
  return text.substr(open);
}

bool is_text_key(std::string_view key) {
  return key == "content" || key == "text" || key == "arguments" || key == "reasoning_content" ||
         key == "reasoning" || key == "refusal";
}

/// Engines send one token per event as a rule; only an event with clearly more text counts as more.
std::uint32_t tokens_in(std::size_t bytes) {
  constexpr std::size_t kLongToken = 16;
  constexpr std::size_t kBytesPerToken = 4;
  return bytes <= kLongToken ? 1 : static_cast<std::uint32_t>(bytes / kBytesPerToken);
}

bool is_done(std::string_view event) {
  constexpr std::string_view kDone = "[DONE]";
  const std::size_t at = event.find(kDone);
  if (at == std::string_view::npos || event.find('"') != std::string_view::npos) {
    return false;
  }
  const std::size_t field = event.rfind("data:", at);
  return field != std::string_view::npos && skip_space(event, field + 5) == at;
}

}  // namespace

EventFacts scan_event(std::string_view event) noexcept {
  EventFacts facts;
  bool has_choices = false;
  bool empty_choices = false;
  bool has_error = false;
  bool any_key = false;
  walk_keys(event, [&](std::string_view key, std::size_t value) {
    any_key = true;
    const char first = value < event.size() ? event[value] : '\0';
    if (first == '"' && is_text_key(key)) {
      const std::size_t end = string_end(event, value + 1);
      const std::size_t length = (end == std::string_view::npos ? event.size() : end) - value - 1;
      if (length != 0) {
        facts.tokens = std::max(facts.tokens, tokens_in(length));
      }
    } else if (first == '"' && key == "finish_reason") {
      ++facts.finished;
    } else if (first == '[' && key == "choices") {
      has_choices = true;
      const std::size_t inside = skip_space(event, value + 1);
      empty_choices = inside < event.size() && event[inside] == ']';
    } else if (first == '{' && key == "usage") {
      facts.usage = parse_usage(object_at(event, value));
    } else if (first == '{' && key == "error") {
      has_error = true;
    }
    return value;
  });
  facts.usage_only = facts.usage.has_value() && empty_choices;
  facts.error = has_error && !has_choices;
  facts.done = !any_key && is_done(event);
  return facts;
}

}  // namespace penstock::gateway
