#include "gateway/demand/report.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "json/write.h"

namespace penstock::gateway::demand {
namespace {

using Json = json::Value;

struct Number {
  const char* key;
  std::int64_t DeploymentDemand::* member;
};

constexpr std::array kNumbers{Number{"arrivals", &DeploymentDemand::arrivals},
                              Number{"promptTokens", &DeploymentDemand::prompt_tokens},
                              Number{"outputTokens", &DeploymentDemand::output_tokens},
                              Number{"spilledCalls", &DeploymentDemand::spilled_calls},
                              Number{"spilledTokens", &DeploymentDemand::spilled_tokens},
                              Number{"absorbedCalls", &DeploymentDemand::absorbed_calls},
                              Number{"absorbedTokens", &DeploymentDemand::absorbed_tokens},
                              Number{"inFlight", &DeploymentDemand::in_flight},
                              Number{"queued", &DeploymentDemand::queued},
                              Number{"waitingForStart", &DeploymentDemand::waiting_for_start}};

constexpr std::size_t kLongestGateway = 63 + 1 + 253;
constexpr std::size_t kLongestNamespace = 63;
constexpr std::size_t kLongestName = 253;

/// Takes fields out of one object; the first fault stays.
class Fields {
 public:
  Fields(const Json& object, std::string at, std::optional<Error>& fault)
      : object_(object), at_(std::move(at)), fault_(fault) {
    if (!object.is_object()) {
      refuse("", "an object");
    }
  }

  std::string text(const char* key, std::size_t longest) {
    const Json* value = find(key);
    if (value == nullptr) {
      return {};
    }
    const auto* text = value->get_ptr<const std::string*>();
    const bool plain =
        text != nullptr && !text->empty() && text->size() <= longest &&
        std::ranges::all_of(*text, [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
    if (!plain) {
      refuse(key, "1 to " + std::to_string(longest) + " characters without spaces");
      return {};
    }
    return *text;
  }

  std::int64_t number(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) {
      return 0;
    }
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    // A parser may keep a non-negative number as either kind.
    const bool fits = value->is_number_unsigned()
                          ? value->get<std::uint64_t>() <= kMost
                          : value->is_number_integer() && value->get<std::int64_t>() >= 0;
    if (!fits) {
      refuse(key, "an integer from 0 to 2^63-1");
      return 0;
    }
    return value->get<std::int64_t>();
  }

  const Json* list(const char* key) {
    const Json* value = find(key);
    if (value != nullptr && !value->is_array()) {
      refuse(key, "a list");
      return nullptr;
    }
    return value;
  }

  void refuse(std::string_view key, const std::string& wanted) {
    if (!fault_) {
      fault_ = Error(Code::kInvalid, "demand report: " + path(key) + ": expected " + wanted);
    }
  }

 private:
  const Json* find(const char* key) {
    if (fault_) {
      return nullptr;
    }
    const auto found = object_.find(key);
    if (found == object_.end()) {
      refuse(key, "a value; the field is missing");
      return nullptr;
    }
    return &*found;
  }
  [[nodiscard]] std::string path(std::string_view key) const {
    if (key.empty()) {
      return at_.empty() ? "the text" : at_;
    }
    return at_.empty() ? std::string(key) : at_ + "." + std::string(key);
  }

  const Json& object_;
  std::string at_;
  std::optional<Error>& fault_;
};

DeploymentDemand read_deployment(const Json& json, std::string at, std::optional<Error>& fault) {
  Fields fields(json, std::move(at), fault);
  DeploymentDemand out;
  out.name_space = fields.text("namespace", kLongestNamespace);
  out.name = fields.text("name", kLongestName);
  for (const Number& number : kNumbers) {
    out.*number.member = fields.number(number.key);
  }
  return out;
}

auto key_of(const DeploymentDemand& demand) {
  return std::tie(demand.name_space, demand.name);
}

}  // namespace

std::string write_report(const Report& report) {
  Json deployments = Json::array();
  for (const DeploymentDemand& demand : report.deployments) {
    Json& one =
        deployments.emplace_back(Json{{"namespace", demand.name_space}, {"name", demand.name}});
    for (const Number& number : kNumbers) {
      one[number.key] = demand.*number.member;
    }
  }
  const auto at =
      std::chrono::floor<std::chrono::milliseconds>(report.at.time_since_epoch()).count();
  return json::write(Json{{"gateway", report.gateway},
                          {"instance", report.instance},
                          {"sequence", report.sequence},
                          {"atMs", at},
                          {"windowMs", report.window.count()},
                          {"deployments", std::move(deployments)}});
}

Result<Report> read_report(std::string_view text) {
  constexpr std::size_t kDepth = 8;
  constexpr std::size_t kNodes = 8 + kMostDeployments * (kNumbers.size() + 16);
  PENSTOCK_TRY(
      root,
      json::parse(text, {.max_bytes = kLargestReport, .max_depth = kDepth, .max_nodes = kNodes}));
  std::optional<Error> fault;
  Fields fields(root, "", fault);
  Report out;
  out.gateway = fields.text("gateway", kLongestGateway);
  out.instance = fields.text("instance", kLongestName);
  out.sequence = static_cast<std::uint64_t>(fields.number("sequence"));
  out.at = WallTime(std::chrono::milliseconds(fields.number("atMs")));
  out.window = std::chrono::milliseconds(fields.number("windowMs"));
  const Json* list = fields.list("deployments");
  if (list != nullptr && list->size() > kMostDeployments) {
    fields.refuse("deployments", "at most " + std::to_string(kMostDeployments) + " entries");
  }
  for (std::size_t i = 0; list != nullptr && !fault && i < list->size(); ++i) {
    const std::string at = "deployments[" + std::to_string(i) + "]";
    out.deployments.push_back(read_deployment((*list)[i], at, fault));
    if (!fault && i > 0 && key_of(out.deployments[i]) <= key_of(out.deployments[i - 1])) {
      fields.refuse(at, "entries in the order of namespace and name, each once");
    }
  }
  if (fault) {
    return fail(std::move(*fault));
  }
  return out;
}

}  // namespace penstock::gateway::demand
