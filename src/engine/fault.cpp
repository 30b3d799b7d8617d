#include "engine/fault.h"

#include <charconv>
#include <exception>

#include "base/time_format.h"

namespace penstock::engine {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

bool apply(std::string_view name, std::string_view value, Fault& fault) {
  if (name == "hang" && value.empty()) {
    fault.hang = true;
    return true;
  }
  if (name == "delay") {
    const auto delay = parse_duration(value);
    fault.delay = delay ? *delay : fault.delay;
    return delay.has_value();
  }
  const auto parsed = number(value);
  if (!parsed) {
    return false;
  }
  if (name == "status" && *parsed >= 400 && *parsed <= 599) {
    fault.status = static_cast<int>(*parsed);
  } else if (name == "retry-after") {
    fault.retry_after = std::chrono::seconds(*parsed);
  } else if (name == "abort-after" && *parsed > 0) {
    fault.abort_after = *parsed;
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<Fault> parse_fault(std::string_view header) {
  Fault fault;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find_first_of(";,"), header.size());
    const std::string_view word = trimmed(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view value =
        equals == word.size() ? std::string_view() : trimmed(word.substr(equals + 1));
    if (!word.empty() && !apply(trimmed(word.substr(0, equals)), value, fault)) {
      return fail(Code::kInvalid, "x-penstock-fault: \"" + std::string(word) +
                                      "\" is not one of status=400…599, retry-after=SECONDS, hang, "
                                      "abort-after=TOKENS, delay=DURATION");
    }
  }
  return fault;
}

Result<std::vector<char>> take_memory(std::uint64_t bytes) {
  std::vector<char> taken;
  try {
    taken.assign(bytes, 'w');  // zeros could be pages that nobody has written
  } catch (const std::exception&) {
    return fail(Code::kTooLarge, "cannot take " + std::to_string(bytes) + " bytes of memory");
  }
  return taken;
}

Fault draw_fault(const FaultOptions& options, Random& random) {
  Fault fault;
  fault.abort_after = options.abort_after;
  const bool error = random.unit() * 100 < options.error_percent;
  const bool throttle = random.unit() * 100 < options.throttle_percent;
  const bool hang = random.unit() * 100 < options.hang_percent;
  if (error) {
    fault.status = 500;
  } else if (throttle) {
    fault.status = 429;
    fault.retry_after = options.retry_after;
  } else {
    fault.hang = hang;
  }
  return fault;
}

}  // namespace penstock::engine
