#include "gateway/response/answer_class.h"

namespace penstock::gateway {

using routing::Block;
using routing::Verdict;

AnswerClass classify_status(int status, bool asks_to_wait) noexcept {
  switch (status) {
    case 429:
      return {true, Block::kThrottled, Verdict::kThrottled};
    case 503:
    case 529:
      return {true, Block::kOverloaded, asks_to_wait ? Verdict::kThrottled : Verdict::kFailed};
    case 408:  // a provisioned deployment's queue gave the call up
      return {true, Block::kTimeout, Verdict::kTimedOut};
    case 401:
    case 403:  // our credential was refused, which is no fault of the client
      return {true, Block::kError, Verdict::kFailed};
    default:
      break;
  }
  if (status >= 500) {
    return {true, status == 504 ? Block::kTimeout : Block::kError, Verdict::kFailed};
  }
  return {};
}

AnswerClass classify_fault(net::CallFault fault) noexcept {
  switch (fault) {
    case net::CallFault::kTimeout:
      return {true, Block::kTimeout, Verdict::kTimedOut};
    case net::CallFault::kConnect:
      return {true, Block::kError, Verdict::kUnreached};
    case net::CallFault::kCancelled:
      return {false, Block::kNone, Verdict::kUnknown};
    default:
      return {true, Block::kError, Verdict::kFailed};
  }
}

std::string_view block_name(Block block) noexcept {
  switch (block) {
    case Block::kNone:
      return "none";
    case Block::kUnusable:
      return "unusable";
    case Block::kThrottled:
      return "throttled";
    case Block::kOverloaded:
      return "overloaded";
    case Block::kError:
      return "error";
    case Block::kTimeout:
      return "timeout";
  }
  return "none";
}

}  // namespace penstock::gateway
