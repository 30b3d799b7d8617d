#include "json/yaml.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "json/pointer.h"
#include "json/text_check.h"
#include "json/write.h"

namespace penstock::json {
namespace {

// Leaves a document from any depth of the recursion; never leaves this file.
struct Refusal {
  int line;
  std::string message;
};

constexpr std::string_view kTag = "tag:yaml.org,2002:";

class Converter {
 public:
  Converter(int first_line, const Limits& limits, std::map<std::string, int>& lines)
      : first_line_(first_line), limits_(limits), lines_(lines) {}

  Value convert(const YAML::Node& node, const std::string& pointer, std::size_t depth) {
    const int line = line_of(node);
    if (depth > limits_.max_depth) {
      throw Refusal{line, fmt::format("nested more than {} deep", limits_.max_depth)};
    }
    if (++nodes_ > limits_.max_nodes) {
      throw Refusal{line, fmt::format("more than {} values (do aliases repeat each other?)",
                                      limits_.max_nodes)};
    }
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return nullptr;
      case YAML::NodeType::Scalar:
        return scalar(node, line);
      case YAML::NodeType::Sequence:
        return sequence(node, pointer, depth);
      case YAML::NodeType::Map:
        return map(node, pointer, depth);
    }
    return nullptr;
  }

  [[nodiscard]] int line_of(const YAML::Node& node) const {
    // Empty values carry no mark of their own (line -1).
    return first_line_ + std::max(node.Mark().line, 0);
  }

 private:
  static Value scalar(const YAML::Node& node, int line) {
    const std::string& tag = node.Tag();
    const std::string& text = node.Scalar();
    if (tag == "?" || tag.empty()) {
      Value value = plain_scalar(text);
      if (value.is_number_float() && !std::isfinite(value.get<double>())) {
        throw Refusal{
            line,
            fmt::format("{} is not a number that JSON has; put it in quotes if it is text", text)};
      }
      return value;
    }
    if (tag == "!" || tag == fmt::format("{}str", kTag)) {
      return text;
    }
    if (tag.starts_with(kTag)) {
      const std::string_view type = std::string_view(tag).substr(kTag.size());
      Value value = plain_scalar(text);
      const bool fits =
          (type == "int" && value.is_number_integer()) || (type == "bool" && value.is_boolean()) ||
          (type == "null" && value.is_null()) || (type == "float" && value.is_number());
      if (fits) {
        return value;
      }
      throw Refusal{line, fmt::format("\"{}\" is not a {}", text, type)};
    }
    throw Refusal{line, fmt::format("tag {} is not supported in a manifest; remove it", tag)};
  }

  Value sequence(const YAML::Node& node, const std::string& pointer, std::size_t depth) {
    Value out = Value::array();
    std::size_t index = 0;
    for (const YAML::Node& item : node) {
      const std::string child = pointer_to(pointer, index);
      lines_.insert_or_assign(child, line_of(item));
      out.push_back(convert(item, child, depth + 1));
      ++index;
    }
    return out;
  }

  static std::string key_text(const YAML::Node& key, int line) {
    const Value value = key.IsScalar() ? scalar(key, line) : Value();
    if (value.is_null()) {
      throw Refusal{line, "a key must be a plain word, not empty, a list or a map"};
    }
    return value.is_string() ? value.get<std::string>() : write(value);
  }

  Value map(const YAML::Node& node, const std::string& pointer, std::size_t depth) {
    Value out = Value::object();
    std::map<std::string, int> seen;
    std::vector<YAML::Node> merges;
    for (const auto& entry : node) {
      const int line = line_of(entry.first);
      if (entry.first.IsScalar() && entry.first.Tag() == "?" && entry.first.Scalar() == "<<") {
        merges.push_back(entry.second);
        continue;
      }
      std::string key = key_text(entry.first, line);
      if (const auto [first, fresh] = seen.emplace(key, line); !fresh) {
        throw Refusal{
            line, fmt::format("key \"{}\" is given twice (first on line {}); keep one of them", key,
                              first->second)};
      }
      const std::string child = pointer_to(pointer, key);
      lines_.insert_or_assign(child, line);
      out[key] = convert(entry.second, child, depth + 1);
    }
    for (const YAML::Node& merge : merges) {
      merge_into(out, merge, pointer, depth);
    }
    return out;
  }

  // Keys written out win over merged ones; of several merged maps the first wins.
  void merge_into(Value& out, const YAML::Node& source, const std::string& pointer,
                  std::size_t depth) {
    if (source.IsSequence()) {
      for (const YAML::Node& item : source) {
        merge_into(out, item, pointer, depth + 1);
      }
      return;
    }
    const int line = line_of(source);
    if (!source.IsMap() || depth > limits_.max_depth) {
      throw Refusal{line, "<< merges a map (usually an alias such as *base), this is not one"};
    }
    // Lines already known for keys that win must stay: convert aside, then copy what is new.
    std::map<std::string, int> aside;
    Converter inner(first_line_, limits_, aside);
    inner.nodes_ = nodes_;
    const Value merged = inner.convert(source, pointer, depth + 1);
    nodes_ = inner.nodes_;
    for (const auto& [key, value] : merged.items()) {
      if (!out.contains(key)) {
        out[key] = value;
      }
    }
    lines_.insert(aside.begin(), aside.end());
  }

  int first_line_;
  const Limits& limits_;
  std::map<std::string, int>& lines_;
  std::size_t nodes_ = 0;
};

// Reads the events of a text without keeping anything. yaml-cpp 0.7 repeats an empty document for
// ever on some broken texts (it eats all memory), so nothing is built before this has come to an
// end.
class Rehearsal : public YAML::EventHandler {
 public:
  Rehearsal(int first_line, const Limits& limits) : first_line_(first_line), limits_(limits) {}

  void run(const std::string& text) {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(*this)) {
    }
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == document_) {
      throw Refusal{first_line_ + std::max(mark.line, 0),
                    "not valid YAML: no document can be read from here on"};
    }
    document_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { count(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {
    count(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
    count(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    count(mark);
  }
  void OnMapEnd() override {}

 private:
  void count(const YAML::Mark& mark) {
    // Keys are counted here and not in Converter, hence twice the limit.
    if (++nodes_ > 2 * limits_.max_nodes) {
      throw Refusal{first_line_ + std::max(mark.line, 0),
                    fmt::format("more than {} values", limits_.max_nodes)};
    }
  }

  int first_line_;
  const Limits& limits_;
  std::size_t nodes_ = 0;
  int document_ = -1;
};

struct Chunk {
  std::string text;
  int first_line;
};

bool is_separator(std::string_view line) {
  if (!line.starts_with("---")) {
    return false;
  }
  line.remove_prefix(3);
  const std::size_t start = line.find_first_not_of(" \t\r");
  return start == std::string_view::npos || (start > 0 && line[start] == '#');
}

// As kubectl does: documents are cut at "---" lines before anything is parsed, so that a document
// with a syntax error ends at the next separator.
std::vector<Chunk> split(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  std::vector<Chunk> chunks{{"", 1}};
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (is_separator(line)) {
      chunks.push_back({"", number + 1});
    } else {
      chunks.back().text.append(line).push_back('\n');
    }
  }
  return chunks;
}

void read_chunk(const Chunk& chunk, const Limits& limits, YamlStream& out) {
  try {
    Rehearsal(chunk.first_line, limits).run(chunk.text);
    for (const YAML::Node& node : YAML::LoadAll(chunk.text)) {
      if (!node.IsDefined() || node.IsNull()) {
        continue;
      }
      YamlDocument document;
      Converter converter(chunk.first_line, limits, document.lines);
      document.value = std::make_shared<const Value>(converter.convert(node, "", 1));
      document.file = out.file;
      document.line = converter.line_of(node);
      out.documents.push_back(std::move(document));
    }
  } catch (const Refusal& refusal) {
    out.problems.push_back({refusal.line, refusal.message});
  } catch (const YAML::Exception& error) {
    out.problems.push_back(
        {chunk.first_line + std::max(error.mark.line, 0),
         fmt::format("not valid YAML: {} (column {})", error.msg, error.mark.column + 1)});
  }
}

}  // namespace

int YamlDocument::line_of(std::string_view pointer) const {
  while (!pointer.empty()) {
    if (const auto found = lines.find(std::string(pointer)); found != lines.end()) {
      return found->second;
    }
    pointer = pointer_parent(pointer);
  }
  return line;
}

Result<> YamlStream::check() const {
  if (problems.empty()) {
    return {};
  }
  return fail(Code::kInvalid,
              fmt::format("{}:{}: {}", file, problems.front().line, problems.front().message));
}

YamlStream parse_yaml(std::string_view text, std::string file, const Limits& limits) {
  YamlStream out;
  out.file = std::move(file);
  if (text.size() > limits.max_bytes) {
    out.problems.push_back(
        {1, fmt::format("{} bytes of YAML; the limit is {}", text.size(), limits.max_bytes)});
    return out;
  }
  if (std::optional<YamlProblem> problem = not_text(text)) {
    out.problems.push_back(std::move(*problem));
    return out;
  }
  for (const Chunk& chunk : split(text)) {
    read_chunk(chunk, limits, out);
  }
  return out;
}

Result<YamlStream> read_yaml_file(const std::string& path, const Limits& limits) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return fail(Code::kNotFound,
                fmt::format("cannot open {}; does it exist and may this user read it?", path));
  }
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) {
    return fail(Code::kInvalid, fmt::format("cannot read {}; is it a regular file?", path));
  }
  return parse_yaml(text, path, limits);
}

}  // namespace penstock::json
