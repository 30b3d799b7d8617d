#include "gateway/snapshot/snapshot.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "gateway/snapshot/glob.h"

namespace penstock::gateway::snapshot {
namespace {

TEST(Glob, Table) {
  struct Row {
    const char* pattern;
    const char* text;
    bool want;
  };
  const Row rows[] = {{"gpt-4o", "gpt-4o", true},
                      {"gpt-4o", "gpt-4", false},
                      {"gpt-4*", "gpt-4o", true},
                      {"*", "", true},
                      {"*", "a/b", true},
                      {"*o", "gpt-4o", true},
                      {"g*-*o", "gpt-4o", true},
                      {"g*-*x", "gpt-4o", false},
                      {"", "", true},
                      {"", "a", false},
                      {"a*b*c", "aXbYbZc", true},
                      {"**", "x", true},
                      {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}};
  for (const Row& row : rows) {
    EXPECT_EQ(glob_matches(row.pattern, row.text), row.want) << row.pattern << " ~ " << row.text;
  }
}

TEST(KeyTable, FindsEachOfMany) {
  Random random(3);
  std::vector<KeyTable::Entry> entries(1'000);
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    for (auto& byte : entries[i].digest) {
      byte = static_cast<std::uint8_t>(
          random.below(i % 7 == 0 ? 2 : 256));  // some collide in their home
    }
    entries[i].consumer = i;
  }
  const KeyTable table(entries);
  for (const auto& entry : entries) {
    EXPECT_EQ(table.find(entry.digest), entry.consumer);
  }
  EXPECT_FALSE(table.find(KeyDigest{}));
  EXPECT_FALSE(KeyTable().find(KeyDigest{}));
}

TEST(KeyTable, Digest) {
  EXPECT_TRUE(parse_digest(std::string(64, 'A')));
  EXPECT_FALSE(parse_digest(std::string(63, 'a')));
  EXPECT_FALSE(parse_digest(std::string(64, 'g')));
}

class Resolve : public ::testing::Test {
 protected:
  Resolve() {
    for (const char* name : {"default/any", "default/limited", "default/red", "default/none"}) {
      Consumer consumer;
      consumer.name = name;
      document_.consumers.push_back(consumer);
    }
    document_.consumers[1].allowed_models = {"gpt-*"};
    document_.consumers[2].labels = {{"team", "red"}, {"x", "y"}};
    document_.consumers[3].allowed_models = std::vector<std::string>{};
    deployment("default/a", "gpt-4o", {"gpt4"});
    deployment("default/b", "llama", {});
    deployment("default/c", "red-model", {});
  }
  void deployment(const char* name, const char* model, std::vector<std::string> aliases) {
    Deployment d;
    d.name = name;
    d.model = model;
    d.aliases = std::move(aliases);
    d.endpoints = {{.id = "1", .host = "127.0.0.1", .port = 80},
                   {.id = "2", .host = "::1", .port = 81}};
    document_.deployments.push_back(d);
  }
  Route& route(const char* name, std::vector<std::string> models,
               std::vector<std::uint32_t> deployments) {
    Route r;
    r.name = name;
    r.models = std::move(models);
    r.tiers.emplace_back();
    for (const auto d : deployments) {
      r.tiers[0].backends.push_back({d, 1});
    }
    document_.routes.push_back(r);
    return document_.routes.back();
  }
  std::string resolve(std::uint32_t consumer, std::string_view model,
                      std::string_view path = "/v1/chat/completions") {
    auto snapshot = Snapshot::compile(document_);
    EXPECT_TRUE(snapshot) << snapshot.error().to_string();
    snapshot_ = *snapshot;
    const auto got = snapshot_->resolve(consumer, model, path, [this](std::string_view name) {
      return name == "x-channel" ? std::string_view(channel_) : std::string_view();
    });
    switch (got.access) {
      case Snapshot::Access::kGranted:
        return document_.routes[got.route].name;
      case Snapshot::Access::kForbidden:
        return "forbidden";
      case Snapshot::Access::kUnknownModel:
        return "unknown";
    }
    return "?";
  }
  Document document_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::string channel_;
};

TEST_F(Resolve, NamesAliasesAndGlobs) {
  route("exact", {}, {0, 1});
  route("glob", {"gpt-*", "fine-*"}, {0});
  EXPECT_EQ(resolve(0, "gpt-4o"), "exact");
  EXPECT_EQ(resolve(0, "gpt4"), "exact");
  EXPECT_EQ(resolve(0, "llama"), "exact");
  EXPECT_EQ(resolve(0, "gpt-5"), "glob");
  EXPECT_EQ(resolve(0, "fine-x"), "glob");
  EXPECT_EQ(resolve(0, "mistral"), "unknown");
  EXPECT_EQ(resolve(0, ""), "unknown");
}

TEST_F(Resolve, OrderDecidesBetweenExactAndGlob) {
  route("glob", {"*"}, {0});
  route("exact", {"llama"}, {1});
  EXPECT_EQ(resolve(0, "llama"), "glob");
}

TEST_F(Resolve, AllowedModelsAndLabels) {
  route("all", {}, {0, 1});
  route("red", {}, {2}).consumer_labels = {{{"team", "red"}}};
  EXPECT_EQ(resolve(1, "gpt-4o"), "all");
  EXPECT_EQ(resolve(1, "llama"), "forbidden");
  EXPECT_EQ(resolve(1, "nope"), "unknown");
  EXPECT_EQ(resolve(3, "gpt-4o"), "forbidden");
  EXPECT_EQ(resolve(0, "red-model"), "forbidden");
  EXPECT_EQ(resolve(2, "red-model"), "red");
}

TEST_F(Resolve, PathsAndHeaders) {
  route("beta", {}, {0}).headers = {{"x-channel", "beta"}};
  route("embeddings", {}, {0}).paths = {"/v1/embeddings"};
  EXPECT_EQ(resolve(0, "gpt-4o"), "unknown") << "known elsewhere, but not on this path";
  EXPECT_EQ(resolve(0, "gpt-4o", "/v1/embeddings"), "embeddings");
  channel_ = "beta";
  EXPECT_EQ(resolve(0, "gpt-4o"), "beta");
}

TEST_F(Resolve, ModelsForAKeyAreExactlyThoseThatItMayCall) {
  route("all", {"gpt-*", "llama"}, {0, 1});
  route("red", {}, {2}).consumer_labels = {{{"team", "red"}}};
  (void)resolve(0, "x");
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(snapshot_->models_for(0), (Names{"gpt-4o", "llama"}));
  EXPECT_EQ(snapshot_->models_for(1), (Names{"gpt-4o"}));
  EXPECT_EQ(snapshot_->models_for(2), (Names{"gpt-4o", "llama", "red-model"}));
  EXPECT_EQ(snapshot_->models_for(3), Names{});
  for (std::uint32_t consumer = 0; consumer < 4; ++consumer) {
    const auto views = snapshot_->models_for(consumer);
    const std::vector<std::string> names(views.begin(), views.end());
    for (const std::string& name : names) {
      const std::string got = resolve(consumer, name);
      EXPECT_TRUE(got == "all" || got == "red") << name << " for " << consumer << ": " << got;
    }
  }
}

TEST_F(Resolve, FlatEndpointsPlansAndTexts) {
  route("r", {}, {1, 0}).resilience.attempts = 0;
  document_.deployments[0].dialect = Dialect::kAzureOpenAI;
  document_.deployments[0].azure_deployment = "a/b c";
  document_.deployments[0].azure_api_version = "2024-10-21";
  document_.deployments[1].upstream_model = "q\"";
  (void)resolve(0, "x");
  EXPECT_EQ(snapshot_->endpoints().size(), 6U);
  EXPECT_EQ(snapshot_->endpoints()[2].deployment, 1U);
  EXPECT_EQ(snapshot_->endpoints()[0].authority, "127.0.0.1");
  EXPECT_EQ(snapshot_->endpoints()[1].authority, "[::1]:81");
  const routing::Plan& plan = snapshot_->plan(0);
  EXPECT_EQ(plan.attempts, 1U);
  EXPECT_EQ(plan.tiers[0].backends[0].first_endpoint, 2U);
  EXPECT_EQ(snapshot_->text(0).embedding_target,
            "/openai/deployments/a%2Fb%20c/embeddings?api-version=2024-10-21");
  EXPECT_EQ(snapshot_->text(1).chat_target, "/v1/chat/completions");
  EXPECT_EQ(snapshot_->text(1).upstream_model_json, R"("q\"")");
  EXPECT_FALSE(snapshot_->document().version.empty());
}

TEST_F(Resolve, BadIndicesAreRefused) {
  route("r", {}, {9});
  EXPECT_FALSE(Snapshot::compile(document_));
  document_.routes.clear();
  document_.api_keys = {{std::string(64, 'a'), 9}};
  EXPECT_FALSE(Snapshot::compile(document_));
  document_.api_keys = {{"zz", 0}};
  EXPECT_FALSE(Snapshot::compile(document_));
}

}  // namespace
}  // namespace penstock::gateway::snapshot
