#include "app/standalone/greeting.h"

#include "base/log.h"

namespace penstock::app::standalone {
namespace {

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) {
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

std::string curl(const Served& served, std::string_view path, const std::string& body) {
  const std::string key =
      served.api_key.empty() ? "$API_KEY" : std::string(served.api_key.reveal());
  const bool self_signed = served.url.starts_with("https://");
  return "  curl " + std::string(self_signed ? "--insecure " : "") + served.url +
         std::string(path) + " \\\n    -H " + shell_quoted("Authorization: Bearer " + key) +
         " \\\n    -H 'Content-Type: application/json' \\\n    -d " + shell_quoted(body) + "\n";
}

}  // namespace

std::string client_url(std::string_view address, unsigned port, bool tls) {
  std::string host(address);
  if (host == "0.0.0.0") {
    host = "127.0.0.1";
  } else if (host == "::") {
    host = "[::1]";
  } else if (host.find(':') != std::string::npos) {
    host = "[" + host + "]";
  }
  return (tls ? "https://" : "http://") + host + ":" + std::to_string(port);
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  return out + "'";
}

std::string greeting(const Served& served) {
  std::string out = "\nServing at " + served.url + "\n";
  if (!served.chat_models.empty()) {
    out += "  chat models:      " + list(served.chat_models) + "\n";
  }
  if (!served.embedding_models.empty()) {
    out += "  embedding models: " + list(served.embedding_models) + "\n";
  }
  if (served.chat_models.empty() && served.embedding_models.empty()) {
    out +=
        "No model runs yet: see the lines above, or add a ModelDeployment and a ModelRoute to "
        "it.\n";
  }
  if (served.api_key.empty()) {
    out +=
        "No consumer has an API key yet, so every call will be refused: add a Consumer and its "
        "Secret.\n";
  }
  if (!served.chat_models.empty()) {
    std::string body = "{\"model\": ";
    log::append_json_string(body, served.chat_models.front());
    body +=
        ", \"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"What does a "
        "penstock do?\"}]}";
    out += "Try it:\n\n" + curl(served, "/v1/chat/completions", body);
  } else if (!served.embedding_models.empty()) {
    std::string body = "{\"model\": ";
    log::append_json_string(body, served.embedding_models.front());
    body += ", \"input\": \"water under pressure\"}";
    out += "Try it:\n\n" + curl(served, "/v1/embeddings", body);
  }
  return out;
}

}  // namespace penstock::app::standalone
