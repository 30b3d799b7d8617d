#include "controller/modeldeployment/last_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>

#include "controller/modeldeployment/reasons.h"

namespace penstock::controller::modeldeployment {
namespace {

using condition::Finding;

bool has_any(std::string_view log, std::span<const std::string_view> marks) {
  return std::ranges::any_of(
      marks, [&](std::string_view mark) { return log.find(mark) != std::string_view::npos; });
}

constexpr std::array<std::string_view, 3> kNoSpace{"No space left on device", "[Errno 28]",
                                                   "Disk quota exceeded"};

constexpr std::array<std::string_view, 11> kAcceleratorMemory{
    "CUDA out of memory", "HIP out of memory", "OutOfMemoryError",
    // vLLM: no room for any cache; for one call of the longest context (older, newer); for the
    // share that it was told to use.
    "No available memory for the cache blocks",
    "larger than the maximum number of tokens that can be stored in KV cache",
    "larger than the available KV cache memory", "less than desired GPU memory utilization",
    // SGLang; llama.cpp (ggml's CUDA and HIP backends).
    "Not enough memory. Please try to increase --mem-fraction-static",
    "cudaMalloc failed: out of memory", "CUDA error: out of memory", "hipErrorOutOfMemory"};

constexpr std::array<std::string_view, 1> kOtherProcessor{"exec format error"};

// Looked for before kNotFound: a gated repository is answered with words of both kinds.
constexpr std::array<std::string_view, 6> kUnauthorized{
    "GatedRepoError",     "Access to model",  "is restricted and you are not in the authorized",
    "Invalid user token", "403 Client Error", "Invalid credentials in Authorization header"};

// Hugging Face answers 401 for a repository that does not exist, too: "Repository Not Found".
constexpr std::array<std::string_view, 7> kNotFound{
    "RepositoryNotFoundError", "Repository Not Found", "RevisionNotFoundError",
    "EntryNotFoundError",      "404 Client Error",     "is not a valid model identifier",
    "failed to open GGUF file"};

constexpr std::array<std::string_view, 2> kToken{"401 Client Error", "401 Unauthorized"};

constexpr std::array<std::string_view, 6> kNoWayOut{
    "Failed to resolve",   "Name or service not known", "Temporary failure in name resolution",
    "ConnectTimeoutError", "Connection timed out",      "Network is unreachable"};

bool is_host_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

/// The host that could not be reached: of `host='NAME'`, `resolve 'NAME'` or the first https URL.
std::string host_in(std::string_view log) {
  for (const std::string_view mark : {"host='", "resolve '", "https://"}) {
    const auto at = log.find(mark);
    if (at == std::string_view::npos) {
      continue;
    }
    const std::string_view rest = log.substr(at + mark.size());
    const auto end = std::ranges::find_if_not(rest, is_host_character);
    if (end != rest.begin()) {
      return {rest.begin(), end};
    }
  }
  return "the source of the weights";
}

}  // namespace

std::optional<Finding> cause_in_last_words(std::string_view log) {
  if (has_any(log, kNoSpace)) {
    return Finding{std::string(kOutOfDisk),
                   "the engine found no space left on its disk; raise engine.cache.size, or use a "
                   "node with a larger disk"};
  }
  if (has_any(log, kAcceleratorMemory)) {
    return Finding{std::string(kInsufficientMemory),
                   "the engine ran out of accelerator memory; lower model.contextLength, use more "
                   "accelerators (engine.accelerator.count) or a profile with more memory"};
  }
  if (has_any(log, kOtherProcessor)) {
    return Finding{std::string(kStartError),
                   "the image's program is for another processor than the node has; use an image "
                   "for it, or keep the pods on fitting nodes (engine.nodeSelector "
                   "kubernetes.io/arch)"};
  }
  if (has_any(log, kUnauthorized)) {
    return Finding{
        std::string(kSourceUnauthorized),
        "the source refuses the weights; set engine.source.huggingFace.tokenSecretRef "
        "to a token whose owner may read the repository (accept its licence there first)"};
  }
  if (has_any(log, kNotFound)) {
    return Finding{std::string(kSourceNotFound),
                   "the source has no such weights; correct repository, revision or file in "
                   "engine.source, or set a token if the repository is private"};
  }
  if (has_any(log, kToken)) {
    return Finding{std::string(kSourceUnauthorized),
                   "the source refuses the token; renew the one that "
                   "engine.source.huggingFace.tokenSecretRef names"};
  }
  if (has_any(log, kNoWayOut)) {
    return Finding{std::string(kEgressDenied),
                   "the engine cannot reach " + host_in(log) +
                       "; allow it in the network policies of the namespace, or take the weights "
                       "from inside the cluster (engine.source.pvc or engine.source.oci)"};
  }
  return std::nullopt;
}

}  // namespace penstock::controller::modeldeployment
