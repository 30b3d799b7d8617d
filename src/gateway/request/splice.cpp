#include "gateway/request/splice.h"

#include <algorithm>

namespace penstock::gateway {

void Splice::replace(Span span, std::string_view text) noexcept {
  if (count_ == kMostEdits) {
    return;
  }
  edits_[count_++] = {span, text};
  std::sort(edits_.begin(), edits_.begin() + count_,
            [](const Edit& a, const Edit& b) { return a.span.offset < b.span.offset; });
}

std::size_t Splice::size() const noexcept {
  std::size_t size = body_.size();
  for (std::size_t i = 0; i < count_; ++i) {
    size += edits_[i].text.size();
    size -= edits_[i].span.length;
  }
  return size;
}

void Splice::append_to(std::string& out) const {
  std::size_t at = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const Edit& edit = edits_[i];
    out.append(body_.substr(at, edit.span.offset - at));
    out.append(edit.text);
    at = edit.span.offset + edit.span.length;
  }
  out.append(body_.substr(at));
}

void ask_for_usage(const BodyFacts& facts, Splice& splice) noexcept {
  if (facts.include_usage) {
    splice.replace(*facts.include_usage, "true");
  } else if (facts.stream_options && facts.stream_options_is_object) {
    const Span inside{facts.stream_options->offset + 1, 0};
    splice.replace(inside, facts.stream_options_is_empty ? "\"include_usage\":true"
                                                         : "\"include_usage\":true,");
  } else if (facts.stream_options) {
    splice.replace(*facts.stream_options, "{\"include_usage\":true}");
  } else {
    // A comma may follow, because a streamed call has at least the field "stream".
    splice.replace({facts.after_open_brace, 0}, "\"stream_options\":{\"include_usage\":true},");
  }
}

}  // namespace penstock::gateway
