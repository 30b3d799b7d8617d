#include "net/byte_stream.h"

namespace penstock::net {

std::string_view to_string(IoStatus status) noexcept {
  switch (status) {
    case IoStatus::kOk:
      return "ok";
    case IoStatus::kEof:
      return "closed by peer";
    case IoStatus::kReset:
      return "reset by peer";
    case IoStatus::kTimeout:
      return "timed out";
    case IoStatus::kCancelled:
      return "cancelled";
    case IoStatus::kRefused:
      return "connection refused";
    case IoStatus::kTls:
      return "TLS failure";
    case IoStatus::kFailed:
      return "I/O failure";
  }
  return "I/O failure";
}

IoOp& ignored_op() noexcept {
  struct Ignored final : IoOp {
    void complete(IoResult /*result*/) override {}
  };
  static Ignored ignored;
  return ignored;
}

}  // namespace penstock::net
