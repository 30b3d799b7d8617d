#pragma once
// One chat or completions call from its parsed request to its last byte. Knows plans, the model and
// one exchange; must not know JSON or routes.

#include <deque>
#include <optional>
#include <string>

#include "engine/answer.h"
#include "engine/core.h"
#include "engine/fault.h"
#include "engine/output_plan.h"
#include "engine/real_time.h"
#include "engine/request.h"
#include "net/event.h"
#include "net/exchange.h"

namespace penstock::engine {

class GenerationCall {
 public:
  /// `context.model` is the name to answer with. All must outlive it.
  GenerationCall(Core& core, net::Exchange& exchange, const GenerationRequest& request,
                 AnswerContext context, std::uint32_t abort_after);
  /// Takes out of the model what has not finished.
  ~GenerationCall();

  /// Plans the answers and puts them into the model. The error is the caller's to answer.
  [[nodiscard]] ApiResult<void> start();

  /// After start(): answers and returns when all is sent, the client has gone, or the fault that
  /// was asked for cuts the connection.
  [[nodiscard]] net::Task<void> run();

 private:
  struct Choice {
    std::uint32_t index = 0;
    std::size_t prompt = 0;
    OutputPlan plan;
    TextCursor cursor;
    Generation generation;
    std::string text;  ///< not streamed: so far
  };

  [[nodiscard]] net::Task<void> stream();
  [[nodiscard]] net::Task<void> answer();
  [[nodiscard]] ApiResult<void> submit(Choice& choice);
  void abort();
  void append_events(std::string& out);
  void append_token(std::string& out, Choice& choice);
  [[nodiscard]] bool finished() const;
  [[nodiscard]] bool all_written() const;
  [[nodiscard]] bool cut_now() const;
  [[nodiscard]] Usage usage() const;
  [[nodiscard]] Usage usage_of(const Choice& choice) const;

  Core& core_;
  net::Exchange& exchange_;
  const GenerationRequest& request_;
  AnswerContext context_;
  std::uint32_t abort_after_;
  StreamWriter writer_;
  net::Event progress_;
  std::deque<Choice> choices_;  ///< stay in place
};

}  // namespace penstock::engine
