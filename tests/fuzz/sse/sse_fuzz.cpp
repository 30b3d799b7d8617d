// Event streams: every split gives the same events, and the raw views add up to the input.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/sse.h"
#include "tests/fuzz/check.h"

namespace {

using namespace penstock::net;
using penstock::fuzz::check;

struct Outcome {
  std::string raw;
  std::vector<std::string> events;
  bool too_large = false;
};

constexpr std::size_t kMax = 256;

void take(Outcome& out, const SseEvent& event) {
  out.raw += event.raw;
  if (event.has_data) {
    out.events.push_back(std::string(event.type) + "\x01" + std::string(event.data));
  }
}

Outcome frame(std::string_view stream, std::size_t step) {
  SseFramer framer(kMax);
  Outcome out;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    const std::string piece(stream.substr(at, step));  // its own allocation: a stale view is found
    framer.feed(piece);
    while (const auto event = framer.next()) {
      take(out, *event);
    }
  }
  if (const auto rest = framer.finish()) {
    take(out, *rest);
  }
  out.too_large = framer.too_large();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = frame(stream, stream.size() + 1);
  for (const std::size_t step : {std::size_t{1}, data[0] % 31U + std::size_t{2}}) {
    const Outcome split = frame(stream, step);
    if (!whole.too_large && !split.too_large) {
      check(split.events == whole.events, "splits do not matter");
      check(split.raw == stream && whole.raw == stream, "nothing is lost or added");
    }
  }
  return 0;
}
