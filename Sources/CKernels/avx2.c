#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#define HAS_FMA
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define TABLE kernels_avx2
#define NAME "avx2"
#include "text/table.h"
#pragma clang attribute pop
#endif
