#include "controller/autoscaler/engine_book.h"

#include "scaling/engine_metrics.h"

namespace penstock::controller::autoscaler {

using scaling::EngineSample;
using scaling::Fault;

Fault fault_of(const Error& error) {
  return error.code() == Code::kInvalid ? Fault::kUnparsable : Fault::kUnreachable;
}

Fault EngineBook::take(const std::string& uid, const fetch::Fetched& got) {
  EngineSample sample;
  if (got.body) {
    sample = scaling::read_engine_metrics(*got.body, got.answered);
  } else {
    sample.fault = fault_of(got.body.error());
    sample.scraped = got.answered;
  }
  const std::lock_guard lock(mutex_);
  samples_[uid] = sample;
  return sample.fault;
}

EngineSample EngineBook::sample(const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  const auto found = samples_.find(uid);
  return found == samples_.end() ? EngineSample{} : found->second;
}

void EngineBook::keep(const std::set<std::string>& uids) {
  const std::lock_guard lock(mutex_);
  std::erase_if(samples_, [&](const auto& item) { return !uids.contains(item.first); });
}

void EngineBook::clear() {
  const std::lock_guard lock(mutex_);
  samples_.clear();
}

}  // namespace penstock::controller::autoscaler
