#include "gateway/request/operation.h"

#include <gtest/gtest.h>

namespace penstock::gateway {
namespace {

using net::Method;

TEST(MatchOperation, Table) {
  struct Row {
    Method method;
    const char* path;
    Operation want;
    const char* model;
  };
  const Row rows[] = {
      {Method::kPost, "/v1/chat/completions", Operation::kChat, ""},
      {Method::kPost, "/v1/completions", Operation::kCompletion, ""},
      {Method::kPost, "/v1/embeddings", Operation::kEmbedding, ""},
      {Method::kPost, "/openai/v1/chat/completions", Operation::kChat, ""},
      {Method::kGet, "/openai/v1/models", Operation::kListModels, ""},
      {Method::kGet, "/openai/models", Operation::kListModels, ""},
      {Method::kGet, "/v1/models", Operation::kListModels, ""},
      {Method::kHead, "/v1/models", Operation::kListModels, ""},
      {Method::kGet, "/v1/models/a", Operation::kGetModel, "a"},
      {Method::kGet, "/v1/models/a%2Fb", Operation::kGetModel, "a/b"},
      {Method::kGet, "/v1/models/a/b", Operation::kGetModel, "a/b"},
      {Method::kGet, "/v1/models/", Operation::kNotImplemented, ""},
      {Method::kPost, "/openai/deployments/gpt-4o/chat/completions", Operation::kChat, "gpt-4o"},
      {Method::kPost, "/openai/deployments/gpt-4o/completions", Operation::kCompletion, "gpt-4o"},
      {Method::kPost, "/openai/deployments/x%20y/embeddings", Operation::kEmbedding, "x y"},
      {Method::kPost, "/openai/deployments/x/audio/speech", Operation::kNotImplemented, ""},
      {Method::kPost, "/openai/deployments//embeddings", Operation::kNotImplemented, ""},
      {Method::kPost, "/openai/responses", Operation::kNotImplemented, ""},
      {Method::kPost, "/v1/responses", Operation::kNotImplemented, ""},
      {Method::kGet, "/livez", Operation::kLive, ""},
      {Method::kGet, "/readyz", Operation::kReady, ""},
      {Method::kGet, "/", Operation::kNotFound, ""},
      {Method::kGet, "/v1", Operation::kNotFound, ""},
      {Method::kPost, "/V1/chat/completions", Operation::kNotFound, ""},
      {Method::kGet, "/v1/chat/completions", Operation::kMethodNotAllowed, ""},
      {Method::kPost, "/v1/models", Operation::kMethodNotAllowed, ""},
      {Method::kOptions, "/v1/chat/completions", Operation::kPreflight, ""},
  };
  Asked asked;
  for (const Row& row : rows) {
    match_operation(row.method, row.path, asked);
    EXPECT_EQ(asked.operation, row.want) << row.path;
    EXPECT_EQ(asked.model, row.model) << row.path;
  }
}

TEST(PercentDecode, BrokenEscapesStay) {
  std::string out;
  percent_decode("a%2fb%zz%4", out);
  EXPECT_EQ(out, "a/b%zz%4");
  percent_decode("%41", out);
  EXPECT_EQ(out, "A");
}

}  // namespace
}  // namespace penstock::gateway
