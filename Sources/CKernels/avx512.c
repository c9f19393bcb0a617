#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#define HAS_FMA
#define HAS_AVX512
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define TABLE kernels_avx512
#define NAME "avx512"
#include "text/table.h"
#pragma clang attribute pop
#endif
