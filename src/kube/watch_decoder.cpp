#include "kube/watch_decoder.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "kube/api_status.h"

namespace penstock::kube {
namespace {

std::optional<WatchEventType> type_of(std::string_view text) {
  if (text == "ADDED") {
    return WatchEventType::kAdded;
  }
  if (text == "MODIFIED") {
    return WatchEventType::kModified;
  }
  if (text == "DELETED") {
    return WatchEventType::kDeleted;
  }
  if (text == "BOOKMARK") {
    return WatchEventType::kBookmark;
  }
  return std::nullopt;
}

Result<WatchEvent> decode(std::string_view line) {
  auto parsed = json::parse(line);
  if (!parsed) {
    return fail(std::move(parsed).error().with_context("watch event"));
  }
  json::Value& value = *parsed;
  const auto type = value.is_object() ? value.find("type") : value.end();
  const auto object = value.is_object() ? value.find("object") : value.end();
  if (!value.is_object() || type == value.end() || !type->is_string() || object == value.end() ||
      !object->is_object()) {
    return fail(Code::kInvalid, "watch event has no type or object");
  }
  const std::string& name = type->get_ref<const std::string&>();
  if (name == "ERROR") {
    return fail(to_error(read_status(*object), "watch"));
  }
  const auto known = type_of(name);
  if (!known) {
    return fail(Code::kInvalid, "watch event of unknown type " + name);
  }
  strip_bookkeeping(*object);
  WatchEvent event{*known, Object(std::move(*object)), false};
  event.initial_events_end = event.type == WatchEventType::kBookmark &&
                             event.object.annotation("k8s.io/initial-events-end") == "true";
  return event;
}

}  // namespace

Result<bool> WatchDecoder::feed(std::string_view bytes, const WatchHandler& handler) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (rest_.size() + piece.size() > longest_) {
      return fail(Code::kTooLarge,
                  "watch event is larger than " + std::to_string(longest_) + " bytes");
    }
    if (end == std::string_view::npos) {
      rest_.append(piece);
      return true;
    }
    bytes.remove_prefix(end + 1);
    std::string_view line = piece;
    if (!rest_.empty()) {
      rest_.append(piece);
      line = rest_;
    }
    if (line.empty() || line == "\r") {
      rest_.clear();
      continue;
    }
    auto event = decode(line);
    rest_.clear();
    if (!event) {
      return fail(std::move(event).error());
    }
    if (!handler(*event)) {
      return false;
    }
  }
  return true;
}

}  // namespace penstock::kube
