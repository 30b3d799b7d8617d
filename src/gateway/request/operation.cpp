#include "gateway/request/operation.h"

#include <array>

namespace penstock::gateway {
namespace {

constexpr std::string_view kAzurePrefix = "/openai/deployments/";

struct Inference {
  std::string_view suffix;
  Operation operation;
};
constexpr std::array kInference{
    Inference{"/chat/completions", Operation::kChat},  // before its own ending
    Inference{"/completions", Operation::kCompletion},
    Inference{"/embeddings", Operation::kEmbedding},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

void settle(Asked& asked, net::Method method, net::Method wanted, Operation operation) {
  if (method == net::Method::kOptions) {
    asked.operation = Operation::kPreflight;
  } else if (method == wanted || (wanted == net::Method::kGet && method == net::Method::kHead)) {
    asked.operation = operation;
  } else {
    asked.operation = Operation::kMethodNotAllowed;
    asked.allow = wanted == net::Method::kGet ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
  }
}

/// `rest` follows "/v1".
void match_v1(net::Method method, std::string_view rest, Asked& asked) {
  for (const Inference& one : kInference) {
    if (rest == one.suffix) {
      settle(asked, method, net::Method::kPost, one.operation);
      return;
    }
  }
  if (rest == "/models") {
    settle(asked, method, net::Method::kGet, Operation::kListModels);
  } else if (take_prefix(rest, "/models/") && !rest.empty()) {
    settle(asked, method, net::Method::kGet, Operation::kGetModel);
    percent_decode(rest, asked.model);
  } else {
    asked.operation = Operation::kNotImplemented;
  }
}

/// `rest` follows "/openai/deployments/". A deployment's name may hold encoded or plain slashes.
void match_azure(net::Method method, std::string_view rest, Asked& asked) {
  for (const Inference& one : kInference) {
    if (rest.size() > one.suffix.size() && rest.ends_with(one.suffix)) {
      settle(asked, method, net::Method::kPost, one.operation);
      percent_decode(rest.substr(0, rest.size() - one.suffix.size()), asked.model);
      return;
    }
  }
  asked.operation = Operation::kNotImplemented;
}

}  // namespace

void match_operation(net::Method method, std::string_view path, Asked& asked) {
  asked.operation = Operation::kNotFound;
  asked.model.clear();
  asked.allow = {};
  std::string_view rest = path;
  if (take_prefix(rest, "/v1/") || take_prefix(rest, "/openai/v1/")) {
    match_v1(method, path.substr(path.size() - rest.size() - 1), asked);
  } else if (take_prefix(rest, kAzurePrefix)) {
    match_azure(method, rest, asked);
  } else if (path == "/openai/models") {
    settle(asked, method, net::Method::kGet, Operation::kListModels);
  } else if (path == "/livez") {
    settle(asked, method, net::Method::kGet, Operation::kLive);
  } else if (path == "/readyz") {
    settle(asked, method, net::Method::kGet, Operation::kReady);
  } else if (rest.starts_with("/openai/")) {
    asked.operation = Operation::kNotImplemented;
  }
}

std::string_view operation_name(Operation operation) noexcept {
  switch (operation) {
    case Operation::kChat:
      return "chat";
    case Operation::kCompletion:
      return "text_completion";
    case Operation::kEmbedding:
      return "embeddings";
    default:
      return "";
  }
}

void percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
}

}  // namespace penstock::gateway
