// Any bytes as a manifest: read, validate, read into types, write and read again. Nothing may
// crash, and what validation accepts must be readable as its type and survive the round trip.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "crd/generated/consumer.h"
#include "crd/generated/inference_gateway.h"
#include "crd/generated/landing_zone.h"
#include "crd/generated/model_deployment.h"
#include "crd/generated/model_route.h"
#include "crd/generated/token_quota.h"
#include "crd/validate.h"
#include "json/yaml.h"
#include "tests/fuzz/check.h"

namespace {

using namespace penstock;
using penstock::fuzz::check;

template <class T, class Parse, class Write>
void round_trip(const json::Value& value, Parse parse, Write write) {
  if (value.at("kind") != T::kKind) {
    return;
  }
  const auto object = parse(value);
  check(object.has_value(), "what is valid can be read");
  const json::Value written = write(*object);
  const auto again = parse(written);
  check(again.has_value(), "what was written can be read");
  check(write(*again) == written, "writing settles");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  json::Limits limits;
  limits.max_nodes = 10'000;
  for (const json::YamlDocument& document : json::parse_yaml(text, "fuzz", limits).documents) {
    const json::Value& value = *document.value;
    const auto violations = crd::validate(value);
    for (const crd::Violation& violation : violations) {
      check(document.line_of(violation.pointer) >= 1, "every violation has a line");
    }
    if (!violations.empty()) {
      continue;
    }
    round_trip<crd::Consumer>(value, crd::parse_consumer, crd::write_consumer);
    round_trip<crd::InferenceGateway>(value, crd::parse_inference_gateway,
                                      crd::write_inference_gateway);
    round_trip<crd::LandingZone>(value, crd::parse_landing_zone, crd::write_landing_zone);
    round_trip<crd::ModelDeployment>(value, crd::parse_model_deployment,
                                     crd::write_model_deployment);
    round_trip<crd::ModelRoute>(value, crd::parse_model_route, crd::write_model_route);
    round_trip<crd::TokenQuota>(value, crd::parse_token_quota, crd::write_token_quota);
  }
  return 0;
}
