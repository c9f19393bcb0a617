#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

enum { width = kernels_panel_width };

bool kernels_supported(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// A sum is cut into parts where OpenBLAS's Haswell kernel cuts it, so that both give the same bits: parts of 320, the
// last two alike.
INLINE ptrdiff_t part(ptrdiff_t left) {
  const ptrdiff_t most = 320;
  if (left >= 2 * most) return most;
  return left > most ? (left / 2 + 7) / 8 * 8 : left;
}

// Eight rows of eight become eight columns.
INLINE void transpose(__m256 r[8]) {
  __m256 t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
  }
}

AVX2 void kernels_pack(const float *w, ptrdiff_t inner, ptrdiff_t columns, float *panel) {
  for (int half = 0; half < width && half < columns; half += 8) {
    const float *row[8];
    // For a column that is missing another is packed, and never looked at.
    for (int i = 0; i < 8; i++) row[i] = w + (half + i < columns ? half + i : half) * inner;
    ptrdiff_t index = 0;
    for (; index + 8 <= inner; index += 8) {
      __m256 r[8];
      for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(row[i] + index);
      transpose(r);
      for (int i = 0; i < 8; i++) _mm256_storeu_ps(panel + (index + i) * width + half, r[i]);
    }
    for (; index < inner; index++)
      for (int i = 0; i < 8; i++) panel[index * width + half + i] = row[i][index];
  }
}

// `value`, or as much of it as there are columns for, to memory that may have to be added.
INLINE void store(__m256 value, float *target, ptrdiff_t columns, bool adding) {
  static const int32_t lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  if (columns >= 8) {
    _mm256_storeu_ps(target, adding ? _mm256_add_ps(_mm256_loadu_ps(target), value) : value);
  } else if (columns > 0) {
    const __m256i mask = _mm256_loadu_si256((const __m256i *)(lanes + 8 - columns));
    _mm256_maskstore_ps(target, mask, adding ? _mm256_add_ps(_mm256_maskload_ps(target, mask), value) : value);
  }
}

// `height` rows times `count` panels, all sums in registers; of the last panel `columns` columns are stored.
INLINE void tile(
    const int height, const int count, const float *a, ptrdiff_t inner, const float *panels, float *c,
    ptrdiff_t columns, ptrdiff_t stride, bool adding) {
  __m256 total[12];
  ptrdiff_t index = 0;
  while (index < inner) {
    __m256 sum[12];
    for (int i = 0; i < 2 * height * count; i++) sum[i] = _mm256_setzero_ps();
    const ptrdiff_t start = index, end = index + part(inner - index);
    for (; index < end; index++) {
      __m256 b[4];
      for (int v = 0; v < 2 * count; v++) b[v] = _mm256_loadu_ps(panels + (v / 2 * inner + index) * width + v % 2 * 8);
      for (int row = 0; row < height; row++) {
        const __m256 x = _mm256_broadcast_ss(a + row * inner + index);
        for (int v = 0; v < 2 * count; v++)
          sum[row * 2 * count + v] = _mm256_fmadd_ps(x, b[v], sum[row * 2 * count + v]);
      }
    }
    for (int i = 0; i < 2 * height * count; i++) total[i] = start == 0 ? sum[i] : _mm256_add_ps(total[i], sum[i]);
  }
  for (int row = 0; row < height; row++)
    for (int v = 0; v < 2 * count; v++)
      store(total[row * 2 * count + v], c + row * stride + v * 8, (count - 1) * width + columns - v * 8, adding);
}

// `height` rows times up to eight columns of a matrix that is not packed.
INLINE void unpacked_tile(
    const int height, const float *a, ptrdiff_t inner, const float *w, float *c, ptrdiff_t columns, ptrdiff_t stride,
    bool adding) {
  const float *column[8];
  // For a column that is missing another is summed, and not stored.
  for (int i = 0; i < 8; i++) column[i] = w + (i < columns ? i : 0) * inner;
  __m256 total[3];
  ptrdiff_t index = 0;
  while (index < inner) {
    __m256 sum[3];
    for (int row = 0; row < height; row++) sum[row] = _mm256_setzero_ps();
    const ptrdiff_t start = index, end = index + part(inner - index);
    for (; index + 8 <= end; index += 8) {
      __m256 r[8];
      for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(column[i] + index);
      transpose(r);
      for (int i = 0; i < 8; i++)
        for (int row = 0; row < height; row++)
          sum[row] = _mm256_fmadd_ps(_mm256_broadcast_ss(a + row * inner + index + i), r[i], sum[row]);
    }
    for (; index < end; index++) {
      float step[8];
      for (int i = 0; i < 8; i++) step[i] = column[i][index];
      for (int row = 0; row < height; row++)
        sum[row] = _mm256_fmadd_ps(_mm256_broadcast_ss(a + row * inner + index), _mm256_loadu_ps(step), sum[row]);
    }
    for (int row = 0; row < height; row++) total[row] = start == 0 ? sum[row] : _mm256_add_ps(total[row], sum[row]);
  }
  for (int row = 0; row < height; row++) store(total[row], c + row * stride, columns, adding);
}

// A function for each size: the compiler finds registers for all sums of one, but not of several at once.
typedef void Tile(
    const float *a, ptrdiff_t inner, const float *panels, float *c, ptrdiff_t columns, ptrdiff_t stride, bool adding);
#define TILE(height, count)                                                                                       \
  AVX2 static void tile_##height##_##count(                                                                       \
      const float *a, ptrdiff_t inner, const float *panels, float *c, ptrdiff_t columns, ptrdiff_t stride,        \
      bool adding) {                                                                                              \
    tile(height, count, a, inner, panels, c, columns, stride, adding);                                            \
  }
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(1, 2) TILE(2, 2) TILE(3, 2)
static Tile *const one_panel[] = {0, tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1};
static Tile *const two_panels[] = {0, tile_1_2, tile_2_2, tile_3_2};

void kernels_multiply(
    const float *a, ptrdiff_t rows, ptrdiff_t inner, const float *panels, float *c, ptrdiff_t columns,
    ptrdiff_t stride, bool adding) {
  // Eight sums hide the latency of each other's additions: few rows take two panels at once.
  for (; rows <= 3 && columns > width; columns -= 2 * width, panels += 2 * width * inner, c += 2 * width)
    two_panels[rows](a, inner, panels, c, columns < 2 * width ? columns - width : width, stride, adding);
  for (; columns > 0; columns -= width, panels += width * inner, c += width) {
    ptrdiff_t height;
    for (ptrdiff_t row = 0; row < rows; row += height) {
      const ptrdiff_t left = rows - row;
      // Seven to nine go in two alike: a tile of one or two would take as long as one of four.
      height = left >= 10 || left == 6 ? 6 : left > 6 ? (left + 1) / 2 : left;
      one_panel[height](
          a + row * inner, inner, panels, c + row * stride, columns < width ? columns : width, stride, adding);
    }
  }
}

AVX2 void kernels_multiply_unpacked(
    const float *a, ptrdiff_t rows, ptrdiff_t inner, const float *w, float *c, ptrdiff_t columns, ptrdiff_t stride,
    bool adding) {
  for (; columns > 0; columns -= 8, w += 8 * inner, c += 8) {
    switch (rows) {
      case 1: unpacked_tile(1, a, inner, w, c, columns, stride, adding); break;
      case 2: unpacked_tile(2, a, inner, w, c, columns, stride, adding); break;
      case 3: unpacked_tile(3, a, inner, w, c, columns, stride, adding); break;
    }
  }
}

#else

bool kernels_supported(void) { return false; }

void kernels_pack(const float *w, ptrdiff_t inner, ptrdiff_t columns, float *panel) { __builtin_trap(); }

void kernels_multiply(
    const float *a, ptrdiff_t rows, ptrdiff_t inner, const float *panels, float *c, ptrdiff_t columns,
    ptrdiff_t stride, bool adding) {
  __builtin_trap();
}

void kernels_multiply_unpacked(
    const float *a, ptrdiff_t rows, ptrdiff_t inner, const float *w, float *c, ptrdiff_t columns, ptrdiff_t stride,
    bool adding) {
  __builtin_trap();
}

#endif
