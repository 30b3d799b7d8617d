#include "scaling/state_text.h"

#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>
#include <utility>

namespace penstock::scaling {
namespace {

constexpr std::string_view kVersion = "scaling/2";
constexpr std::string_view kWordOf[] = {"lasting", "everything"};

/// Writes each field as a word; runs of zeros as "0*N".
class Writer {
 public:
  explicit Writer(SteadyTime now) : now_(now) {}

  template <class Number>
  void number(Number& value) {
    if (value == Number{}) {
      ++zeros_;
      return;
    }
    word(value);
  }
  template <std::integral Number>
  void integer(Number& value) {
    number(value);
  }
  void flag(bool& value) {
    int digit = value ? 1 : 0;
    number(digit);
  }
  void time(SteadyTime& value) {
    std::int64_t age = std::chrono::nanoseconds(now_ - value).count();
    number(age);
  }
  void optional(std::optional<double>& value) {
    bool there = value.has_value();
    flag(there);
    if (there) {
      number(*value);
    }
  }
  void optional_time(std::optional<SteadyTime>& value) {
    bool there = value.has_value();
    flag(there);
    if (there) {
      time(*value);
    }
  }
  template <class Item>
  void sequence(std::vector<Item>& items, std::size_t /*most*/) {
    std::size_t count = items.size();
    number(count);
    for (Item& item : items) {
      item.visit(*this);
    }
  }
  std::string finish(std::string_view head) {
    flush_zeros();
    return std::string(head) + text_;
  }

 private:
  template <class Number>
  void word(Number value) {
    flush_zeros();
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    text_ += ' ';
    text_.append(buffer.data(), end);
  }
  void flush_zeros() {
    if (zeros_ > 0) {
      text_ += zeros_ == 1 ? std::string(" 0") : " 0*" + std::to_string(zeros_);
      zeros_ = 0;
    }
  }
  SteadyTime now_;
  std::string text_;
  std::size_t zeros_ = 0;
};

/// Reads what Writer wrote. After the first fault everything reads as zero.
class Reader {
 public:
  Reader(std::string_view text, SteadyTime saved_at) : text_(text), saved_at_(saved_at) {}

  template <class Number>
  void number(Number& value) {
    value = Number{};
    if (zeros_ > 0) {
      --zeros_;
      return;
    }
    std::string_view word = next_word();
    if (word.starts_with("0*")) {
      zeros_ = parse<std::size_t>(word.substr(2));
      failed_ |= zeros_ == 0;
      zeros_ -= zeros_ > 0 ? 1 : 0;
      return;
    }
    value = parse<Number>(word);
  }
  template <std::integral Number>
  void integer(Number& value) {
    number(value);
  }
  void flag(bool& value) {
    int digit = 0;
    number(digit);
    value = digit != 0;
  }
  void time(SteadyTime& value) {
    std::int64_t age = 0;
    number(age);
    value = saved_at_ - std::chrono::nanoseconds(age);
  }
  void optional(std::optional<double>& value) {
    bool there = false;
    flag(there);
    value.reset();
    if (there) {
      number(value.emplace());
    }
  }
  void optional_time(std::optional<SteadyTime>& value) {
    bool there = false;
    flag(there);
    value.reset();
    if (there) {
      time(value.emplace());
    }
  }
  template <class Item>
  void sequence(std::vector<Item>& items, std::size_t most) {
    std::size_t count = 0;
    number(count);
    items.clear();
    failed_ |= count > most;
    for (std::size_t i = 0; i < count && !failed_; ++i) {
      items.emplace_back().visit(*this);
      failed_ |= i > 0 && items[i - 1].id >= items[i].id;  // sorted: the rule searches them
    }
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return text_.empty() && zeros_ == 0; }

 private:
  std::string_view next_word() {
    if (text_.empty() || text_.front() != ' ') {
      failed_ = true;
      return {};
    }
    text_.remove_prefix(1);
    const std::string_view word = text_.substr(0, text_.find(' '));
    text_.remove_prefix(word.size());
    return word;
  }
  template <class Number>
  Number parse(std::string_view word) {
    Number value{};
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    bool fine = code == std::errc() && end == word.data() + word.size();
    if constexpr (std::floating_point<Number>) {
      fine = fine && std::isfinite(value);
    } else {
      // Ages and sums of them must not overflow.
      constexpr auto kMost = std::numeric_limits<Number>::max() / 4;
      fine = fine && (sizeof(Number) < 8 || std::is_unsigned_v<Number> ||
                      (std::cmp_less(value, kMost) && std::cmp_greater(value, -kMost)));
    }
    failed_ |= !fine;
    return fine ? value : Number{};
  }
  std::string_view text_;
  SteadyTime saved_at_;
  std::size_t zeros_ = 0;
  bool failed_ = false;
};

std::string head_of(Keep keep) {
  return std::string(kVersion) + " " + std::string(kWordOf[static_cast<std::size_t>(keep)]);
}

}  // namespace

std::string save(const State& state, SteadyTime now, Keep keep) {
  State copy = state;  // visitors may write
  Writer writer(now);
  copy.visit_lasting(writer);
  if (keep == Keep::kEverything) {
    copy.visit_recent(writer);
  }
  return writer.finish(head_of(keep));
}

Result<State> restore(std::string_view text, SteadyTime now, std::chrono::nanoseconds elapsed) {
  for (const Keep keep : {Keep::kLasting, Keep::kEverything}) {
    const std::string head = head_of(keep);
    if (!text.starts_with(head)) {
      continue;
    }
    Reader reader(text.substr(head.size()), now - elapsed);
    State state;
    state.visit_lasting(reader);
    state.demand_since = now;
    if (keep == Keep::kEverything) {
      state.visit_recent(reader);
    }
    const bool sane = state.shortfall >= 1 && state.shortfall <= kMostShortfall;
    if (reader.failed() || !reader.at_end() || !sane) {
      return fail(Code::kInvalid,
                  "the saved scaling state is damaged; it is not used, scaling learns again");
    }
    return state;
  }
  return fail(Code::kInvalid, "the saved scaling state does not begin with \"" +
                                  std::string(kVersion) + "\"; it is not used");
}

}  // namespace penstock::scaling
