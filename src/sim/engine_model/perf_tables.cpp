// The performance tables, as they came: the first line of each names its source and licence. The
// kernel latencies are measurements of ai-dynamo/aiconfigurator (Apache-2.0), composed per layer as
// docs/engine-model.md says.
#include "sim/engine_model/perf_presets.h"

namespace penstock::sim {
namespace {

constexpr PerfPreset kPresets[] = {
    {"llama3.1-8b/h100", "Llama-3.1-8B bf16 on one H100 SXM",
     R"csv(# composed from per-kernel measurements: github ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0), systems/data/h100_sxm/{gemm,attention,comm}/vllm/0.14.0, bf16; composition is ours
# iter_ms = overhead_ms + linear(batch_tokens) + head_ms + sum_prefill[ attn_prefill_ms_per_tok2 * c*(p+c/2) ] + attn_decode_ms_per_kvtok * sum(ctx) + attn_decode_base_ms(if any decode)
# overhead_ms=2.0 head_ms=0.3702 attn_prefill_ms_per_tok2=9.415298e-07 attn_decode_ms_per_kvtok=4.511068e-05 attn_decode_base_ms=0.3846 kv_capacity_tokens=436782 kv_bytes_per_token=131072 gpus=1
batch_tokens,gemm_ms,elementwise_ms,allreduce_ms,linear_ms
1,5.0619,0.1938,0.0000,5.2557
2,5.0706,0.1956,0.0000,5.2662
4,5.0816,0.1992,0.0000,5.2808
8,5.0938,0.2065,0.0000,5.3003
16,5.1502,0.2210,0.0000,5.3711
32,5.1731,0.2499,0.0000,5.4230
64,5.2716,0.3078,0.0000,5.5794
128,5.4394,0.4236,0.0000,5.8630
256,6.1774,0.6553,0.0000,6.8327
512,8.8511,1.1185,0.0000,9.9696
1024,17.4860,2.0450,0.0000,19.5310
2048,34.4761,3.8980,0.0000,38.3741
4096,71.5143,7.6040,0.0000,79.1183
8192,139.6015,15.0160,0.0000,154.6175
)csv"},
    {"llama3.1-8b/a100", "Llama-3.1-8B bf16 on one A100-80 SXM",
     R"csv(# composed from per-kernel measurements: github ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0), systems/data/a100_sxm/{gemm,attention,comm}/vllm/0.14.0, bf16; composition is ours
# iter_ms = overhead_ms + linear(batch_tokens) + head_ms + sum_prefill[ attn_prefill_ms_per_tok2 * c*(p+c/2) ] + attn_decode_ms_per_kvtok * sum(ctx) + attn_decode_base_ms(if any decode)
# overhead_ms=2.0 head_ms=0.6563 attn_prefill_ms_per_tok2=3.017736e-06 attn_decode_ms_per_kvtok=9.013607e-05 attn_decode_base_ms=0.6105 kv_capacity_tokens=436782 kv_bytes_per_token=131072 gpus=1
batch_tokens,gemm_ms,elementwise_ms,allreduce_ms,linear_ms
1,9.0648,0.1950,0.0000,9.2598
2,9.0648,0.1979,0.0000,9.2628
4,9.1698,0.2039,0.0000,9.3737
8,9.2901,0.2158,0.0000,9.5059
16,9.4252,0.2395,0.0000,9.6647
32,9.6283,0.2871,0.0000,9.9154
64,9.8487,0.3822,0.0000,10.2309
128,11.6067,0.5724,0.0000,12.1791
256,16.9549,0.9527,0.0000,17.9076
512,29.6567,1.7135,0.0000,31.3702
1024,55.6426,3.2349,0.0000,58.8775
2048,106.2163,6.2779,0.0000,112.4942
4096,212.0064,12.3637,0.0000,224.3701
8192,429.7592,24.5354,0.0000,454.2946
)csv"},
    {"llama3.1-70b/h100", "Llama-3.1-70B bf16 on four H100 SXM (TP4)",
     R"csv(# composed from per-kernel measurements: github ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0), systems/data/h100_sxm/{gemm,attention,comm}/vllm/0.14.0, bf16; composition is ours
# iter_ms = overhead_ms + linear(batch_tokens) + head_ms + sum_prefill[ attn_prefill_ms_per_tok2 * c*(p+c/2) ] + attn_decode_ms_per_kvtok * sum(ctx) + attn_decode_base_ms(if any decode)
# overhead_ms=2.0 head_ms=0.1801 attn_prefill_ms_per_tok2=1.202233e-06 attn_decode_ms_per_kvtok=3.461589e-05 attn_decode_base_ms=0.9039 kv_capacity_tokens=463989 kv_bytes_per_token=327680 gpus=4
batch_tokens,gemm_ms,elementwise_ms,allreduce_ms,linear_ms
1,12.1046,0.4852,0.7805,13.3703
2,12.1169,0.4904,0.7952,13.4026
4,12.1395,0.5008,0.8501,13.4904
8,12.2663,0.5216,0.9336,13.7215
16,12.3220,0.5631,1.1357,14.0208
32,12.4537,0.6463,1.8174,14.9173
64,12.5756,0.8126,2.0481,15.4362
128,12.8129,1.1451,2.9830,16.9410
256,14.0570,1.8103,4.8727,20.7400
512,22.3735,3.1406,10.1223,35.6364
1024,42.5232,5.8011,18.3766,66.7008
2048,101.8930,11.1223,32.0309,145.0462
4096,185.6365,21.7645,59.3808,266.7819
8192,349.5739,43.0491,113.1149,505.7379
)csv"},
    {"llama3.1-70b/a100", "Llama-3.1-70B bf16 on four A100-80 SXM (TP4)",
     R"csv(# composed from per-kernel measurements: github ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0), systems/data/a100_sxm/{gemm,attention,comm}/vllm/0.14.0, bf16; composition is ours
# iter_ms = overhead_ms + linear(batch_tokens) + head_ms + sum_prefill[ attn_prefill_ms_per_tok2 * c*(p+c/2) ] + attn_decode_ms_per_kvtok * sum(ctx) + attn_decode_base_ms(if any decode)
# overhead_ms=2.0 head_ms=0.3666 attn_prefill_ms_per_tok2=3.963992e-06 attn_decode_ms_per_kvtok=6.860351e-05 attn_decode_base_ms=1.4829 kv_capacity_tokens=463989 kv_bytes_per_token=327680 gpus=4
batch_tokens,gemm_ms,elementwise_ms,allreduce_ms,linear_ms
1,22.8633,0.4885,0.9603,24.3121
2,23.3050,0.4971,0.9597,24.7618
4,24.1098,0.5141,1.0507,25.6746
8,24.6674,0.5483,1.2453,26.4611
16,24.7308,0.6165,1.5860,26.9334
32,25.2294,0.7531,2.3278,28.3102
64,26.2207,1.0261,2.9344,30.1813
128,29.4546,1.5723,4.1673,35.1942
256,44.5653,2.6645,6.6363,53.8662
512,77.4607,4.8491,18.8735,101.1833
1024,137.4890,9.2181,32.4665,179.1736
2048,259.0325,17.9563,52.2147,329.2035
4096,504.9668,35.4325,102.1841,642.5835
8192,1003.4150,70.3851,190.3721,1264.1722
)csv"},
    {"qwen3-32b/h100", "Qwen3-32B bf16 on two H100 SXM (TP2)",
     R"csv(# composed from per-kernel measurements: github ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0), systems/data/h100_sxm/{gemm,attention,comm}/vllm/0.14.0, bf16; composition is ours
# iter_ms = overhead_ms + linear(batch_tokens) + head_ms + sum_prefill[ attn_prefill_ms_per_tok2 * c*(p+c/2) ] + attn_decode_ms_per_kvtok * sum(ctx) + attn_decode_base_ms(if any decode)
# overhead_ms=2.0 head_ms=0.2704 attn_prefill_ms_per_tok2=2.049938e-06 attn_decode_ms_per_kvtok=5.006380e-05 attn_decode_base_ms=0.7439 kv_capacity_tokens=309066 kv_bytes_per_token=262144 gpus=2
batch_tokens,gemm_ms,elementwise_ms,allreduce_ms,linear_ms
1,10.9057,0.3878,0.5667,11.8602
2,10.9577,0.3916,0.5702,11.9194
4,10.9772,0.3992,0.5787,11.9550
8,11.0616,0.4143,0.5943,12.0702
16,11.1150,0.4446,0.6247,12.1843
32,11.2531,0.5053,0.6923,12.4507
64,11.7022,0.6266,0.8693,13.1981
128,12.0437,0.8692,1.2041,14.1170
256,13.3549,1.3543,1.8439,16.5531
512,20.2274,2.3246,3.5455,26.0976
1024,39.3998,4.2653,8.4292,52.0943
2048,79.1563,8.1466,14.2276,101.5305
4096,157.7121,15.9092,25.1884,198.8096
8192,323.4815,31.4344,46.0848,401.0007
)csv"},
};

}  // namespace

std::span<const PerfPreset> perf_presets() {
  return kPresets;
}

}  // namespace penstock::sim
