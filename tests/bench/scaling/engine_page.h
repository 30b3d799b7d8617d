#pragma once
// A metrics page as `penstock engine` gives it (vLLM's families), with numbers that change from
// scrape to scrape.

#include <string>
#include <utility>
#include <vector>

namespace penstock::bench {

/// Of an engine that has served a while; about 35 KB.
[[nodiscard]] std::string engine_page();

/// Writes values into a page, in place.
class PageEditor {
 public:
  explicit PageEditor(std::string page);

  struct Values {
    std::int64_t running = 0;
    std::int64_t tokens = 0;  ///< of prompts, and generated ones
    std::int64_t iterations = 0;
  };
  [[nodiscard]] const std::string& with(const Values& values);

 private:
  std::string page_;
  std::size_t running_ = 0;  // where the digits begin
  std::vector<std::size_t> tokens_;
  std::size_t iterations_ = 0;
};

}  // namespace penstock::bench
