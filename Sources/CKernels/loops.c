#include "CKernels.h"

#include <stdatomic.h>

static atomic_bool may_be_wide = true;
void kernels_use_avx2(bool may) { atomic_store_explicit(&may_be_wide, may, memory_order_relaxed); }

// Each loop once for any x86-64 and once for AVX2; both give the same bits, as neither fuses a multiplication with an
// addition. (`target_clones` would say the same in a word, but its resolvers crash under ThreadSanitizer.)
#pragma STDC FP_CONTRACT OFF
#if defined(__x86_64__)
static inline bool is_wide(void) {
  return __builtin_cpu_supports("avx2") && atomic_load_explicit(&may_be_wide, memory_order_relaxed);
}
#define LOOP(name, parameters, arguments)                                                       \
  __attribute__((target("avx2"))) static void name##_avx2 parameters { name##_loop arguments; } \
  static void name##_any parameters { name##_loop arguments; }                                  \
  void kernels_##name parameters { is_wide() ? name##_avx2 arguments : name##_any arguments; }
#else
#define LOOP(name, parameters, arguments) \
  void kernels_##name parameters { name##_loop arguments; }
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float Eight __attribute__((vector_size(32)));
typedef int32_t Mask __attribute__((vector_size(32)));
typedef uint32_t Bits __attribute__((vector_size(32)));
typedef float Anywhere __attribute__((vector_size(32), aligned(4), may_alias));

// Vectors are never passed by value: a function that both versions share cannot know how.
#define AT(pointer) (*(Anywhere *)(pointer))
#define SELECT(mask, yes, no) ((Eight)(((mask) & (Mask)(yes)) | (~(mask) & (Mask)(no))))

INLINE float sum(const Eight *v) {
  const Eight x = *v;
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

// x becomes e to the x, by a polynomial of degree 6 after reduction by powers of two; relative error below 2e-7. Zero below
// -87, greatest at 88.
INLINE void exponential(Eight *value) {
  const Eight zero = {}, one = zero + 1.0f, x = *value;
  const Eight magic = zero + 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  const Mask tiny = x < -87.0f;
  const Eight bounded = SELECT(tiny, zero - 87.0f, x), clamped = SELECT(bounded > 88.0f, zero + 88.0f, bounded);
  const Eight shifted = clamped * 1.44269504f + magic;
  const Eight n = shifted - magic;
  const Eight r = clamped - n * 0.693359375f - n * -2.1219444e-4f;
  Eight p = r * (1.0f / 720) + (1.0f / 120);
  p = p * r + (1.0f / 24);
  p = p * r + (1.0f / 6);
  p = p * r + 0.5f;
  p = p * r + one;
  p = p * r + one;
  const Eight scale = (Eight)(((Bits)shifted - (Bits)magic + 127) << 23);
  *value = SELECT(tiny, zero, p * scale);
}

INLINE void exp_loop(const float *x, float shift, float *y, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 8) {
    Eight e = AT(x + i) - shift;
    exponential(&e);
    AT(y + i) = e;
  }
}
LOOP(exp, (const float *x, float shift, float *y, ptrdiff_t count), (x, shift, y, count))

INLINE void swiglu_loop(const float *gate, const float *up, float *y, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 8) {
    const Eight g = AT(gate + i);
    Eight e = -g;
    exponential(&e);
    AT(y + i) = g / (e + 1.0f) * AT(up + i);
  }
}
LOOP(swiglu, (const float *gate, const float *up, float *y, ptrdiff_t count), (gate, up, y, count))

INLINE void swiglu_backward_loop(
    const float *dy, const float *gate, const float *up, float *dgate, float *dup, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 8) {
    const Eight g = AT(gate + i), u = AT(up + i), d = AT(dy + i);
    Eight e = -g;
    exponential(&e);
    const Eight sigmoid = 1.0f / (e + 1.0f);
    AT(dup + i) = d * g * sigmoid;
    AT(dgate + i) = d * u * sigmoid * (g * (1.0f - sigmoid) + 1.0f);
  }
}
LOOP(
    swiglu_backward,
    (const float *dy, const float *gate, const float *up, float *dgate, float *dup, ptrdiff_t count),
    (dy, gate, up, dgate, dup, count))

INLINE void softmax_loop(float *x, ptrdiff_t count) {
  Eight greatest = AT(x);
  for (ptrdiff_t i = 8; i < count; i += 8) {
    const Eight v = AT(x + i);
    greatest = SELECT(v > greatest, v, greatest);
  }
  float top = greatest[0];
  for (int lane = 1; lane < 8; lane++) top = greatest[lane] > top ? greatest[lane] : top;
  Eight total = {};
  for (ptrdiff_t i = 0; i < count; i += 8) {
    Eight e = AT(x + i) - top;
    exponential(&e);
    AT(x + i) = e;
    total += e;
  }
  const float scale = 1 / sum(&total);
  for (ptrdiff_t i = 0; i < count; i += 8) AT(x + i) = AT(x + i) * scale;
}
LOOP(softmax, (float *x, ptrdiff_t count), (x, count))

INLINE void softmax_backward_loop(const float *p, float *ds, float scale, ptrdiff_t count) {
  Eight total = {};
  for (ptrdiff_t i = 0; i < count; i += 8) total += AT(p + i) * AT(ds + i);
  const float mean = sum(&total);
  for (ptrdiff_t i = 0; i < count; i += 8) AT(ds + i) = AT(p + i) * (AT(ds + i) - mean) * scale;
}
LOOP(softmax_backward, (const float *p, float *ds, float scale, ptrdiff_t count), (p, ds, scale, count))

INLINE void dots_loop(
    const float *x, const float *rows, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t width, float scale, float *y) {
  typedef float Four __attribute__((vector_size(16)));
  typedef float FourAnywhere __attribute__((vector_size(16), aligned(4), may_alias));
  for (ptrdiff_t row = 0; row < count; row += 4, rows += 4 * stride) {
    Eight total[4] = {};
    for (ptrdiff_t i = 0; i < width; i += 8) {
      const Eight q = AT(x + i);
      for (int k = 0; k < 4; k++) total[k] += q * AT(rows + k * stride + i);
    }
    // The four sums, each in the order of `sum`.
    Four half[4];
    for (int k = 0; k < 4; k++)
      half[k] = __builtin_shufflevector(total[k], total[k], 0, 1, 2, 3) +
                __builtin_shufflevector(total[k], total[k], 4, 5, 6, 7);
    const Four ab = __builtin_shufflevector(half[0], half[1], 0, 4, 1, 5) +
                    __builtin_shufflevector(half[0], half[1], 2, 6, 3, 7);
    const Four cd = __builtin_shufflevector(half[2], half[3], 0, 4, 1, 5) +
                    __builtin_shufflevector(half[2], half[3], 2, 6, 3, 7);
    const Four all = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    *(FourAnywhere *)(y + row) = all * scale;
  }
}
LOOP(
    dots,
    (const float *x, const float *rows, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t width, float scale, float *y),
    (x, rows, stride, count, width, scale, y))

// `eights` times eight numbers of the sum of `count` rows.
INLINE void weigh(
    const int eights, const float *rows, ptrdiff_t stride, const float *weights, ptrdiff_t distance, ptrdiff_t count,
    Eight total[]) {
  for (ptrdiff_t row = 0; row < count; row++) {
    const float weight = weights[row * distance];
    for (int k = 0; k < eights; k++) total[k] += AT(rows + row * stride + 8 * k) * weight;
  }
}

INLINE void combine(
    const int eights, const float *const *pages, ptrdiff_t page_size, ptrdiff_t offset, ptrdiff_t stride,
    const float *weights, ptrdiff_t count, float *y) {
  Eight total[8] = {};
  for (ptrdiff_t first = 0, rows; first < count; first += rows) {
    rows = count - first < page_size ? count - first : page_size;
    weigh(eights, *pages++ + offset, stride, weights + first, 1, rows, total);
  }
  for (int k = 0; k < eights; k++) AT(y + 8 * k) = total[k];
}

INLINE void combine_loop(
    const float *const *pages, ptrdiff_t page_size, ptrdiff_t offset, ptrdiff_t stride, const float *weights,
    ptrdiff_t count, ptrdiff_t width, float *y) {
  ptrdiff_t i = 0;
  for (; i + 64 <= width; i += 64) combine(8, pages, page_size, offset + i, stride, weights, count, y + i);
  for (; i + 32 <= width; i += 32) combine(4, pages, page_size, offset + i, stride, weights, count, y + i);
  for (; i < width; i += 8) combine(1, pages, page_size, offset + i, stride, weights, count, y + i);
}
LOOP(
    combine,
    (const float *const *pages, ptrdiff_t page_size, ptrdiff_t offset, ptrdiff_t stride, const float *weights,
     ptrdiff_t count, ptrdiff_t width, float *y),
    (pages, page_size, offset, stride, weights, count, width, y))

INLINE void gather(
    const int eights, const float *rows, ptrdiff_t stride, const float *weights, ptrdiff_t distance, ptrdiff_t count,
    float *y) {
  Eight total[8];
  for (int k = 0; k < eights; k++) total[k] = AT(y + 8 * k);
  weigh(eights, rows, stride, weights, distance, count, total);
  for (int k = 0; k < eights; k++) AT(y + 8 * k) = total[k];
}

INLINE void gather_loop(
    const float *rows, ptrdiff_t stride, const float *weights, ptrdiff_t distance, ptrdiff_t count, ptrdiff_t width,
    float *y) {
  ptrdiff_t i = 0;
  for (; i + 64 <= width; i += 64) gather(8, rows + i, stride, weights, distance, count, y + i);
  for (; i + 32 <= width; i += 32) gather(4, rows + i, stride, weights, distance, count, y + i);
  for (; i < width; i += 8) gather(1, rows + i, stride, weights, distance, count, y + i);
}
LOOP(
    gather,
    (const float *rows, ptrdiff_t stride, const float *weights, ptrdiff_t distance, ptrdiff_t count, ptrdiff_t width,
     float *y),
    (rows, stride, weights, distance, count, width, y))
