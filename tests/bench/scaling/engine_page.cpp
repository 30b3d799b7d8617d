#include "engine_page.h"

#include <cstdio>
#include <cstdlib>

#include "engine/metrics.h"
#include "sim/engine_model/perf_presets.h"

namespace penstock::bench {
namespace {

constexpr std::size_t kDigits = 12;

}  // namespace

std::string engine_page() {
  auto perf = sim::perf_preset("llama3.1-8b/h100");
  auto engine = sim::Engine::create({}, *std::move(perf));
  if (!engine) {
    std::fprintf(stderr, "no engine: %s\n", engine.error().to_string().c_str());
    std::exit(2);
  }
  engine::EngineMetrics metrics("meta-llama/Llama-3.1-8B-Instruct", *engine);
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    const double share = i / static_cast<double>(kRequests);
    const auto tokens = static_cast<std::uint32_t>(i % 2'000) + 1;
    metrics.accepted(tokens);
    metrics.iteration(tokens);
    metrics.first_token(share);
    metrics.next_token(share / 10);
    metrics.finished({share * 20, share, share, share * 20, tokens * 4, tokens});
    metrics.ended(engine::EngineMetrics::Reason::kStop);
  }
  return metrics.text(*engine);
}

PageEditor::PageEditor(std::string page) : page_(std::move(page)) {
  const auto place = [this](const char* name) {
    const auto line = page_.find(std::string("\n") + name + "{");
    const auto value = page_.find("} ", line) + 2;
    page_.replace(value, page_.find('\n', value) - value, kDigits, '0');
    return value;
  };
  // By place: each one moves what is behind it.
  for (const char* name : {"vllm:generation_tokens_total", "vllm:iteration_tokens_total_count",
                           "vllm:num_requests_running", "vllm:prompt_tokens_total"}) {
    tokens_.push_back(place(name));
  }
  running_ = tokens_[2];
  iterations_ = tokens_[1];
  tokens_ = {tokens_[0], tokens_[3]};
}

const std::string& PageEditor::with(const Values& values) {
  const auto write = [this](std::size_t at, std::int64_t value) {
    for (std::size_t digit = kDigits; digit-- > 0; value /= 10) {
      page_[at + digit] = static_cast<char>('0' + value % 10);
    }
  };
  write(running_, values.running);
  write(iterations_, values.iterations);
  for (const auto at : tokens_) {
    write(at, values.tokens);
  }
  return page_;
}

}  // namespace penstock::bench
