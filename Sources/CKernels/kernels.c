#include "CKernels.h"

#include <stdatomic.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

extern const struct kernels kernels_scalar;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avx512, kernels_avx512bf16, kernels_amx;

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq");
}

static int has_avx512bf16(void) {
  unsigned a, b, c, d;
  return has_avx512() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 5 & 1;
}

// AMX has kilobytes of state, for which a process has to ask Linux (Documentation/arch/x86/xstate.rst). To ask again changes
// nothing. It says no if a signal stack is too small for that state.
static int has_amx(void) {
#if defined(__linux__)
  enum { amx_bf16 = 22, amx_tile = 24, request_permission = 0x1023, tile_data = 18 };
  unsigned a, b, c, d;
  return has_avx512bf16() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> amx_bf16 & d >> amx_tile & 1 &&
         syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return 0;
#endif
}
#endif

const struct kernels *kernels_named(const char *name) {
#if defined(__x86_64__)
  if (!strcmp(name, "amx") && has_amx()) return &kernels_amx;
  if (!strcmp(name, "avx512bf16") && has_avx512bf16()) return &kernels_avx512bf16;
  if (!strcmp(name, "avx512") && has_avx512()) return &kernels_avx512;
  if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kernels_avx2;
#endif
  return strcmp(name, "scalar") ? NULL : &kernels_scalar;
}

static _Atomic(const struct kernels *) current;

const struct kernels *kernels_current(void) {
  const struct kernels *chosen = atomic_load_explicit(&current, memory_order_relaxed);
  if (chosen) return chosen;
#if defined(__x86_64__)
  // On processors of Intel, VDPBF16PS takes as long as four fused multiplications (measured: family 6, model 207).
  const char *const names[] = {"amx", __builtin_cpu_is("amd") ? "avx512bf16" : "avx512", "avx512", "avx2", "scalar"};
#else
  const char *const names[] = {"scalar"};
#endif
  for (int i = 0; !chosen; i++) chosen = kernels_named(names[i]);
  // Another thread may have chosen functions meanwhile.
  const struct kernels *expected = NULL;
  return atomic_compare_exchange_strong(&current, &expected, chosen) ? chosen : expected;
}

void kernels_choose(const struct kernels *chosen) { atomic_store_explicit(&current, chosen, memory_order_relaxed); }
