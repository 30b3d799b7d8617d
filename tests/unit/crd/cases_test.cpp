// Our verdicts are the API server's: the same tables are given to a real one by
// tests/integration/crd/replay_cases.py.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "case_table.h"
#include "crd/defaults.h"
#include "crd/pattern.h"
#include "crd/schema.h"
#include "crd/validate.h"
#include "json/write.h"

namespace penstock::crd {
namespace {

std::vector<std::string> words(const testing::Case& each) {
  std::vector<std::string> out;
  for (const Violation& violation : validate(*each.object, each.old_object.get())) {
    out.push_back(violation.server_text());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Cases, OurWordsAreTheServersWords) {
  const auto cases = testing::read_cases();
  ASSERT_GT(cases.size(), 150U);
  for (const testing::Case& each : cases) {
    EXPECT_EQ(words(each), each.errors) << each.file << ": " << each.name;
  }
}

TEST(Cases, EveryViolationOfARuleSaysWhatToDo) {
  for (const testing::Case& each : testing::read_cases()) {
    for (const Violation& violation : validate(*each.object, each.old_object.get())) {
      EXPECT_FALSE(violation.remedy.empty() &&
                   violation.message.find("Invalid value") == std::string::npos)
          << each.file << ": " << each.name << ": " << violation.message;
      if (violation.rule) {
        EXPECT_FALSE(violation.remedy.empty()) << each.file << ": " << each.name;
      }
    }
  }
}

// Which rules the cases put to the test, by the place of the rule in the schema.
class Coverage {
 public:
  void visit(const json::Value& value, const json::Value* old_value, const Schema& schema) {
    for (const Rule& rule : schema.rules) {
      if (!rule.is_transition || old_value != nullptr) {
        seen_[&rule].insert(rule.holds(cel::Node(&value), cel::Node(old_value)));
      }
    }
    if (value.is_array()) {
      for (const json::Value& item : value) {
        visit(item, nullptr, *schema.items);
      }
    } else if (value.is_object()) {
      for (const Property& property : schema.properties) {
        const std::string name(property.name);
        if (value.contains(name) && !value[name].is_null()) {
          const bool had = old_value != nullptr && old_value->contains(name);
          visit(value[name], had ? &(*old_value)[name] : nullptr, *property.schema);
        }
      }
    }
  }

  void expect_all(const Schema& schema, const std::string& path) {
    for (const Rule& rule : schema.rules) {
      EXPECT_TRUE(seen_[&rule].contains(false)) << path << ": no case breaks: " << rule.message;
      EXPECT_TRUE(seen_[&rule].contains(true)) << path << ": no case keeps: " << rule.message;
    }
    for (const Property& property : schema.properties) {
      expect_all(*property.schema, path + "." + std::string(property.name));
    }
    if (schema.items != nullptr) {
      expect_all(*schema.items, path + "[]");
    }
  }

 private:
  std::map<const Rule*, std::set<bool>> seen_;
};

TEST(Cases, EveryRuleIsBrokenOnceAndKeptOnce) {
  Coverage coverage;
  for (const testing::Case& each : testing::read_cases()) {
    const KindInfo* kind = find_kind(each.object->at("kind").get<std::string>());
    ASSERT_NE(kind, nullptr);
    const bool about_rules =
        std::none_of(each.errors.begin(), each.errors.end(), [](const std::string& text) {
          return text.find(" in body ") != std::string::npos ||
                 text.find("Required value") != std::string::npos;
        });
    if (!about_rules) {
      continue;  // a rule may read only what the schema has accepted
    }
    json::Value value = *each.object;
    apply_defaults(value, *kind->schema);
    json::Value old_value = each.old_object ? *each.old_object : json::Value();
    apply_defaults(old_value, *kind->schema);
    coverage.visit(value, each.old_object ? &old_value : nullptr, *kind->schema);
  }
  for (const KindInfo& kind : all_kinds()) {
    coverage.expect_all(*kind.schema, std::string(kind.kind));
  }
}

void expect_sound(const Schema& schema, const std::string& path) {
  if (!schema.pattern.empty()) {
    EXPECT_TRUE(pattern_is_valid(schema.pattern)) << path << ": " << schema.pattern;
  }
  if (!schema.default_json.empty()) {
    EXPECT_FALSE(json::Value::parse(schema.default_json, nullptr, false).is_discarded()) << path;
  }
  for (const Property& property : schema.properties) {
    expect_sound(*property.schema, path + "." + std::string(property.name));
  }
  if (schema.items != nullptr) {
    expect_sound(*schema.items, path + "[]");
  }
}

TEST(Schemas, PatternsAndDefaultsCanBeRead) {
  ASSERT_EQ(all_kinds().size(), 9U);
  for (const KindInfo& kind : all_kinds()) {
    expect_sound(*kind.schema, std::string(kind.kind));
  }
}

}  // namespace
}  // namespace penstock::crd
