#include "gateway/snapshot/document_json.h"

#include <array>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "gateway/snapshot/fields.h"

namespace penstock::gateway::snapshot {
namespace {

using Json = nlohmann::json;

template <class E>
using EnumNames = std::span<const std::pair<E, const char*>>;

constexpr std::pair<Dialect, const char*> kDialects[] = {{Dialect::kOpenAI, "OpenAI"},
                                                         {Dialect::kAzureOpenAI, "AzureOpenAI"}};
constexpr std::pair<Task, const char*> kTasks[] = {
    {Task::kChat, "Chat"},      {Task::kCompletion, "Completion"}, {Task::kEmbedding, "Embedding"},
    {Task::kRerank, "Rerank"},  {Task::kImage, "Image"},           {Task::kAudio, "Audio"},
    {Task::kPredict, "Predict"}};
constexpr std::pair<Balancing, const char*> kBalancings[] = {
    {Balancing::kAuto, "Auto"},           {Balancing::kPrefixAffinity, "PrefixAffinity"},
    {Balancing::kLeastLoad, "LeastLoad"}, {Balancing::kLatency, "Latency"},
    {Balancing::kWeighted, "Weighted"},   {Balancing::kRoundRobin, "RoundRobin"}};

EnumNames<Dialect> names(Dialect) {
  return kDialects;
}
EnumNames<Task> names(Task) {
  return kTasks;
}
EnumNames<Balancing> names(Balancing) {
  return kBalancings;
}

template <class T>
concept Struct = requires(T& x) { visit([](const char*, auto&) {}, x); };

// ---- out

template <class T>
  requires std::integral<T>
Json to_json(const T& x) {
  return Json(x);
}
Json to_json(const std::string& x) {
  return Json(x);
}
Json to_json(const Secret& x) {
  return Json(std::string(x.reveal()));
}
Json to_json(const std::chrono::milliseconds& x) {
  return Json(x.count());
}
Json to_json(const WallTime& x) {
  return Json(std::chrono::floor<std::chrono::milliseconds>(x.time_since_epoch()).count());
}
template <class E>
  requires std::is_enum_v<E>
Json to_json(const E& x) {
  for (const auto& [value, name] : names(x)) {
    if (value == x) {
      return Json(name);
    }
  }
  return Json(nullptr);
}
Json to_json(const std::map<std::string, std::string>& x) {
  return Json(x);
}
template <class T>
Json to_json(const std::vector<T>& list);
template <class T>
Json to_json(const std::optional<T>& x);

template <Struct T>
Json to_json(const T& x) {
  Json out = Json::object();
  visit(
      [&out](const char* name, const auto& member) {
        Json value = to_json(member);
        if (!value.is_null()) {
          out[name] = std::move(value);
        }
      },
      x);
  return out;
}
template <class T>
Json to_json(const std::vector<T>& list) {
  Json out = Json::array();
  for (const T& item : list) {
    out.push_back(to_json(item));
  }
  return out;
}
template <class T>
Json to_json(const std::optional<T>& x) {
  return x ? to_json(*x) : Json(nullptr);
}

// ---- in: every function returns false after setting `why` to the JSON path and what was expected
// there

struct Reader {
  std::string why;

  bool bad(const std::string& path, const char* wanted) {
    why = (path.empty() ? std::string("the document") : path) + ": expected " + wanted;
    return false;
  }

  template <class T>
    requires std::integral<T>
  bool read(const Json& in, T& out, const std::string& path) {
    if constexpr (std::same_as<T, bool>) {
      if (!in.is_boolean()) {
        return bad(path, "true or false");
      }
      out = in.get<bool>();
    } else {
      const bool fits = in.is_number_unsigned()
                            ? std::in_range<T>(in.get<std::uint64_t>())
                            : in.is_number_integer() && std::in_range<T>(in.get<std::int64_t>());
      if (!fits) {
        return bad(path, "an integer in range");
      }
      out = in.get<T>();
    }
    return true;
  }
  bool read(const Json& in, std::string& out, const std::string& path) {
    if (!in.is_string()) {
      return bad(path, "a string");
    }
    out = in.get_ref<const std::string&>();
    return true;
  }
  bool read(const Json& in, Secret& out, const std::string& path) {
    std::string text;
    if (!read(in, text, path)) {
      return false;
    }
    out = Secret(std::move(text));
    return true;
  }
  bool read(const Json& in, std::chrono::milliseconds& out, const std::string& path) {
    std::int64_t count = 0;
    if (!read(in, count, path)) {
      return false;
    }
    out = std::chrono::milliseconds(count);
    return true;
  }
  bool read(const Json& in, WallTime& out, const std::string& path) {
    std::chrono::milliseconds since_epoch{};
    if (!read(in, since_epoch, path)) {
      return false;
    }
    out = WallTime(since_epoch);
    return true;
  }
  template <class E>
    requires std::is_enum_v<E>
  bool read(const Json& in, E& out, const std::string& path) {
    for (const auto& [value, name] : names(E{})) {
      if (in.is_string() && in.get_ref<const std::string&>() == name) {
        out = value;
        return true;
      }
    }
    return bad(path, "one of the names of its enumeration");
  }
  bool read(const Json& in, std::map<std::string, std::string>& out, const std::string& path) {
    if (!in.is_object()) {
      return bad(path, "an object");
    }
    for (const auto& [key, value] : in.items()) {
      std::string inner = path;
      inner.append(".").append(key);
      if (!read(value, out[key], inner)) {
        return false;
      }
    }
    return true;
  }
  template <class T>
  bool read(const Json& in, std::vector<T>& out, const std::string& path) {
    if (!in.is_array()) {
      return bad(path, "an array");
    }
    out.clear();
    out.reserve(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!read(in[i], out.emplace_back(), path + "[" + std::to_string(i) + "]")) {
        return false;
      }
    }
    return true;
  }
  template <class T>
  bool read(const Json& in, std::optional<T>& out, const std::string& path) {
    return read(in, out.emplace(), path);
  }
  template <Struct T>
  bool read(const Json& in, T& out, const std::string& path) {
    if (!in.is_object()) {
      return bad(path, "an object");
    }
    bool ok = true;
    visit(
        [&](const char* name, auto& member) {
          const auto found = in.find(name);
          if (ok && found != in.end() && !found->is_null()) {
            ok = read(*found, member, path.empty() ? std::string(name) : path + "." + name);
          }
        },
        out);
    return ok;
  }
};

}  // namespace

std::string write_document(const Document& document) {
  return to_json(document).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Document> read_document(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return fail(Code::kInvalid, "the snapshot is not JSON: take a fresh copy");
  }
  Document document;
  Reader reader;
  if (!reader.read(json, document, "")) {
    return fail(Code::kInvalid, "the snapshot's " + reader.why + ": take a fresh copy");
  }
  return document;
}

std::string content_version(const Document& document) {
  Json json = to_json(document);
  json.erase("version");
  constexpr std::size_t kDigits = 16;
  return sha256_hex(json.dump(-1, ' ', false, Json::error_handler_t::replace)).substr(0, kDigits);
}

}  // namespace penstock::gateway::snapshot
