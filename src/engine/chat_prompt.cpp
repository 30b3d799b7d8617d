#include "engine/chat_prompt.h"

#include <nlohmann/json.hpp>

#include "json/write.h"

namespace penstock::engine {
namespace {

constexpr std::size_t kMediaTokens = 256;  // per image or audio part, whatever its size

std::string at(std::size_t index, std::string_view rest) {
  return "messages[" + std::to_string(index) + "]" + std::string(rest);
}

void add_parts(const json::Value& parts, std::size_t index, BodyFields& fields,
               std::vector<TokenId>& out) {
  for (const json::Value& part : parts) {
    const auto type = part.is_object() ? part.find("type") : part.end();
    if (type == part.end() || !type->is_string()) {
      fields.refuse(at(index, ".content"), "every part needs a type");
      return;
    }
    if (*type != "text") {
      out.insert(out.end(), kMediaTokens, kMedia);
      continue;
    }
    const auto text = part.find("text");
    if (text == part.end() || !text->is_string()) {
      fields.refuse(at(index, ".content"), "a text part needs a text");
      return;
    }
    tokenize(text->get_ref<const std::string&>(), out);
  }
}

void add_content(const json::Value& message, std::size_t index, BodyFields& fields,
                 std::vector<TokenId>& out) {
  const auto content = message.find("content");
  if (content != message.end() && content->is_string()) {
    tokenize(content->get_ref<const std::string&>(), out);
  } else if (content != message.end() && content->is_array()) {
    add_parts(*content, index, fields, out);
  } else if (content != message.end() && !content->is_null()) {
    fields.refuse(at(index, ".content"), "Input should be a valid string or list of parts");
  }
  if (const auto calls = message.find("tool_calls"); calls != message.end() && !calls->is_null()) {
    tokenize(json::write(*calls), out);
  }
}

void open_message(std::string_view role, std::vector<TokenId>& out) {
  out.push_back(kMessageStart);
  tokenize(role, out);
  tokenize("\n", out);
}

}  // namespace

std::vector<TokenId> chat_prompt(BodyFields& fields) {
  std::vector<TokenId> out;
  const json::Value* messages = fields.find("messages");
  if (messages == nullptr) {
    fields.refuse("messages", "Field required");
    return out;
  }
  if (!messages->is_array() || messages->empty()) {
    fields.refuse("messages", "Input should be a list of at least one message");
    return out;
  }
  if (const json::Value* tools = fields.find("tools"); tools != nullptr) {
    open_message("tools", out);
    tokenize(json::write(*tools), out);
    out.push_back(kMessageEnd);
  }
  std::size_t index = 0;
  for (const json::Value& message : *messages) {
    const auto role = message.is_object() ? message.find("role") : message.end();
    if (role == message.end() || !role->is_string()) {
      fields.refuse(at(index, ".role"), "Input should be a valid string");
      return out;
    }
    open_message(role->get_ref<const std::string&>(), out);
    add_content(message, index, fields, out);
    out.push_back(kMessageEnd);
    ++index;
  }
  open_message("assistant", out);
  return out;
}

}  // namespace penstock::engine
