#include "controller/modeldeployment/last_words.h"

#include <gtest/gtest.h>

namespace penstock::controller::modeldeployment {
namespace {

struct Row {
  const char* name;
  const char* log;
  const char* reason;   ///< empty: nothing known
  const char* message;  ///< a part of it
};

class LastWords : public testing::TestWithParam<Row> {};

TEST_P(LastWords, NameTheCause) {
  const auto found = cause_in_last_words(GetParam().log);
  ASSERT_EQ(found.has_value(), *GetParam().reason != '\0') << (found ? found->reason : "");
  if (found) {
    EXPECT_EQ(found->reason, GetParam().reason);
    EXPECT_NE(found->message.find(GetParam().message), std::string::npos) << found->message;
  }
}

// As huggingface_hub, requests, vLLM, torch and llama.cpp print them.
INSTANTIATE_TEST_SUITE_P(
    Table, LastWords,
    testing::Values(
        Row{"Nothing", "", "", ""}, Row{"Unknown", "Segmentation fault (core dumped)", "", ""},
        Row{"Gated",
            "huggingface_hub.errors.GatedRepoError: 403 Client Error. Cannot access gated repo for "
            "url https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct/resolve/main/config.json.",
            "ModelSourceUnauthorized", "tokenSecretRef"},
        Row{"NoSuchRepository",
            "huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error. Repository Not "
            "Found "
            "for url: https://huggingface.co/api/models/acme/none",
            "ModelSourceNotFound", "correct repository"},
        Row{"WrongToken", "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url",
            "ModelSourceUnauthorized", "renew"},
        Row{"NoSuchRevision", "huggingface_hub.errors.RevisionNotFoundError: 404 Client Error.",
            "ModelSourceNotFound", "revision"},
        Row{"NoSuchFile", "llama_model_load: error loading model: failed to open GGUF file /m.gguf",
            "ModelSourceNotFound", "file"},
        Row{"Disk", "OSError: [Errno 28] No space left on device", "OutOfDisk", "cache.size"},
        Row{"AcceleratorMemory",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a "
            "total capacity of 21.98 GiB",
            "InsufficientMemory", "contextLength"},
        Row{"KvCache",
            "ValueError: No available memory for the cache blocks. Try increasing "
            "`gpu_memory_utilization` when initializing the engine.",
            "InsufficientMemory", "accelerator.count"},
        Row{"KvCacheOfTheLongestCall",
            "ValueError: To serve at least one request with the models's max seq len (131072), "
            "(16.00 GiB KV cache is needed, which is larger than the available KV cache memory "
            "(9.71 GiB).",
            "InsufficientMemory", "contextLength"},
        Row{"SomebodyElseIsOnTheGpu",
            "ValueError: Free memory on device (3.1/79.1 GiB) on startup is less than desired GPU "
            "memory utilization (0.9, 71.2 GiB).",
            "InsufficientMemory", "accelerator"},
        Row{"Amd", "torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB.",
            "InsufficientMemory", "contextLength"},
        Row{"SGLang",
            "RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.",
            "InsufficientMemory", "contextLength"},
        Row{"LlamaCpp",
            "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4403.49 MiB on device 0: "
            "cudaMalloc failed: out of memory",
            "InsufficientMemory", "contextLength"},
        Row{"NoName",
            "requests.exceptions.ConnectionError: (MaxRetryError(\"HTTPSConnectionPool("
            "host='huggingface.co', port=443): Max retries exceeded with url: /api/models/a/b "
            "(Caused by NameResolutionError(Failed to resolve 'huggingface.co' ([Errno -3] "
            "Temporary failure in name resolution)\"))",
            "EgressDenied", "cannot reach huggingface.co;"},
        Row{"NoRoute",
            "curl: (28) Failed to connect to https://weights.corp:8443/x: Connection timed out",
            "EgressDenied", "cannot reach weights.corp;"},
        Row{"NoHost", "Network is unreachable", "EgressDenied", "the source of the weights"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(LastWordsMessage, StaysTheSameWhileCountsChange) {
  const auto first = cause_in_last_words("CUDA out of memory. Tried to allocate 224.00 MiB");
  const auto second = cause_in_last_words("CUDA out of memory. Tried to allocate 1.00 GiB");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->message, second->message);
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
