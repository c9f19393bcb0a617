#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_FMA
#define HAS_AVX512
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define TABLE kernels_avx512
#define NAME "avx512"
#include "text/table.h"
#pragma clang attribute pop

#define BFLOAT16 "avx512bf16,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"
#pragma clang attribute push(__attribute__((target(BFLOAT16))), apply_to = function)
#include "text/bfloat16_pairs.h"
const struct kernels kernels_avx512bf16 = TABLE_WITH("avx512bf16", pairs);
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16," BFLOAT16))), apply_to = function)
#include "text/amx.h"
const struct kernels kernels_amx = TABLE_WITH("amx", tiles);
#pragma clang attribute pop
#endif
