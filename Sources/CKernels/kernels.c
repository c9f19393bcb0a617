#include "CKernels.h"

#include <stdatomic.h>
#include <string.h>

extern const struct kernels kernels_scalar;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

const struct kernels *kernels_named(const char *name) {
#if defined(__x86_64__)
  if (!strcmp(name, "avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return &kernels_avx512;
  if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kernels_avx2;
#endif
  return strcmp(name, "scalar") ? NULL : &kernels_scalar;
}

static _Atomic(const struct kernels *) current;

const struct kernels *kernels_current(void) {
  const struct kernels *chosen = atomic_load_explicit(&current, memory_order_relaxed);
  if (chosen) return chosen;
  const char *const names[] = {"avx512", "avx2", "scalar"};
  for (int i = 0; !chosen; i++) chosen = kernels_named(names[i]);
  // Another thread may have chosen functions meanwhile.
  const struct kernels *expected = NULL;
  return atomic_compare_exchange_strong(&current, &expected, chosen) ? chosen : expected;
}

void kernels_choose(const struct kernels *chosen) { atomic_store_explicit(&current, chosen, memory_order_relaxed); }
