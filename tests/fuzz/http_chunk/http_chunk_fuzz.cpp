// Chunked bodies: every split gives the same body, the same end and the same verdict.

#include <cstdint>
#include <string>
#include <string_view>

#include "net/body_decoder.h"
#include "net/http_writer.h"
#include "tests/fuzz/check.h"

namespace {

using namespace penstock::net;
using penstock::fuzz::check;

struct Outcome {
  std::string body;
  std::size_t used = 0;
  bool done = false;
  bool failed = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decode(std::string_view wire, std::size_t step_size) {
  BodyDecoder decoder(Framing::kChunked, 0);
  Outcome out;
  for (std::size_t at = 0; at < wire.size() && !decoder.done() && !decoder.failed();
       at += step_size) {
    std::string piece(wire.substr(at, step_size));
    const auto step = decoder.decode({piece.data(), piece.size()});
    check(step.body <= step.used && step.used <= piece.size(), "a decoder does not invent bytes");
    check(step.used == piece.size() || decoder.done() || decoder.failed(),
          "it takes all until the end");
    out.body += piece.substr(0, step.body);
    out.used += step.used;
  }
  out.done = decoder.done();
  out.failed = decoder.failed();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = decode(wire, wire.size() + 1);
  check(decode(wire, 1) == whole, "bytewise is the same");
  check(decode(wire, data[0] % 16U + 2) == whole, "so is any step");

  std::string framed;  // and what we frame ourselves comes back
  for (std::size_t at = 0; at < wire.size();) {
    const std::string_view piece = wire.substr(at, data[0] + 1U);
    framed += ChunkSize(piece.size()).view();
    framed += piece;
    framed += "\r\n";
    at += piece.size();
  }
  framed += "0\r\n\r\nrest";
  const Outcome again = decode(framed, data[0] % 7U + 1);
  check(again.done && !again.failed && again.body == wire, "our own chunks decode");
  return 0;
}
