// Vectors of sixteen numbers on any processor, in which the texts of this folder are written.
//
// Each text is compiled once for each instruction set (scalar.c, avx2.c, avx512.c), but for products in bfloat16 that are an
// instruction's own (bfloat16_pairs.h, amx.h). All give the same bits, because the
// language fixes the order of the operations and, with contraction off, which of them are fused.

#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"  // All that takes vectors by value is inlined.

// This is for loops of a known length whose variables are to stay in registers.
#define UNROLLED _Pragma("clang loop unroll(full)")
#define INLINE static inline __attribute__((always_inline))

typedef float Lanes __attribute__((vector_size(64)));
typedef float Eight __attribute__((vector_size(32)));
typedef float Four __attribute__((vector_size(16)));
typedef int32_t Mask __attribute__((vector_size(64)));
typedef uint32_t Bits __attribute__((vector_size(64)));
typedef float Anywhere __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t BitsAnywhere __attribute__((vector_size(64), aligned(4), may_alias));
typedef float FourAnywhere __attribute__((vector_size(16), aligned(4), may_alias));

#define AT(pointer) (*(Anywhere *)(pointer))
#define SELECT(mask, yes, no) ((Lanes)(((mask) & (Mask)(yes)) | (~(mask) & (Mask)(no))))

INLINE Lanes splat(float x) { return x - (Lanes){}; }

typedef double Doubles __attribute__((vector_size(128)));
typedef int64_t Longs __attribute__((vector_size(128)));

// Computes a b + c in double precision, where the product is exact. The sum is rounded to odd, so that rounding it again to
// single precision is as good as rounding once (Boldo and Melquiond, 2008, DOI 10.1109/TC.2007.70819).
INLINE Doubles fused_to_odd(Lanes a, Lanes b, Lanes c) {
  const Doubles product = __builtin_convertvector(a, Doubles) * __builtin_convertvector(b, Doubles);
  const Doubles addend = __builtin_convertvector(c, Doubles), sum = product + addend, part = sum - product;
  const Doubles error = (product - (sum - part)) + (addend - part);
  const Longs bits = (Longs)sum, is_even = (bits & 1) == 0, is_inexact = (error < 0) | (error > 0);
  const Longs towards_error = (((Longs)error ^ bits) >> 63) | 1;
  return (Doubles)(bits + (towards_error & is_even & is_inexact));
}

// Computes a b + c, rounded once.
INLINE Lanes fused(Lanes a, Lanes b, Lanes c) {
#if defined(HAS_FMA) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_elementwise_fma(a, b, c);
#else
  return __builtin_convertvector(fused_to_odd(a, b, c), Lanes);
#endif
}

// Returns the sum of all lanes: each lane is added to the one half of them away, and so on.
INLINE float sum(Lanes v) {
  const Eight eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const Four four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

// Reads the first `count` of sixteen numbers, and zeros for the rest; all sixteen if `count` is greater.
INLINE Lanes load(const float *source, ptrdiff_t count) {
  if (count >= 16) return AT(source);
  Lanes value = {};
  if (count > 0) memcpy(&value, source, count * sizeof(float));
  return value;
}

// Writes the first `count` of sixteen numbers; all sixteen if `count` is greater.
INLINE void store(Lanes value, float *target, ptrdiff_t count) {
  if (count >= 16)
    AT(target) = value;
  else if (count > 0)
    memcpy(target, &value, count * sizeof(float));
}
