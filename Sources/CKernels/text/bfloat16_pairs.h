// Products in bfloat16 by VDPBF16PS, which adds two products to a sum: first that of the upper halves of two words, then that
// of the lower ones, each rounded by itself and flushed.

enum { pairs_per_block = block_depth / 2 };

// A word has an input in its upper half and the next one in its lower half.
static void round_pairs(
    const float *a, ptrdiff_t row, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t inner, void *rounded) {
  const ptrdiff_t padded = bf16_blocks(inner) * block_depth;
  uint16_t *target = (uint16_t *)rounded + first * padded;
  for (const float *end = a + rows * row; a < end; a += row)
    for (ptrdiff_t index = 0; index < padded; index += width, target += width) {
      const Bits words = rounded_bf16(load(a + index, inner - index));
      typedef uint16_t Halves __attribute__((vector_size(64)));
      typedef uint16_t Sixteen __attribute__((vector_size(32), aligned(2), may_alias));
      *(Sixteen *)target = __builtin_shufflevector(
          (Halves)words, (Halves)words, 3, 1, 7, 5, 11, 9, 15, 13, 19, 17, 23, 21, 27, 25, 31, 29);
    }
}

INLINE Lanes add_pair(Lanes sum, Bits a, Bits b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

INLINE void pairs_chain(
    const int height, const int count, const int isSecond, const uint32_t *a, ptrdiff_t row, const uint32_t *panels,
    Lanes sums[24]) {
  for (int i = 0; i < width; i += 2, a++, panels += 2 * width) {
    Bits column[4];
    UNROLLED for (int p = 0; p < count; p++) {
      const Bits one = *(const BitsAnywhere *)(panels + p * panel_block);
      const Bits next = *(const BitsAnywhere *)(panels + p * panel_block + width);
      column[p] = isSecond ? (one & 0xffff0000) | next >> 16 : one << 16 | (next & 0xffff);
    }
    UNROLLED for (int r = 0; r < height; r++) {
      const Bits x = (Bits){} + a[r * row + isSecond * (width / 2)];
      UNROLLED for (int p = 0; p < count; p++) sums[r * count + p] = add_pair(sums[r * count + p], x, column[p]);
    }
  }
}

#define KIND pairs
#define Number uint32_t
#define per_block pairs_per_block
#define CHAIN pairs_chain
#include "bfloat16_tiles.h"
#undef KIND
#undef Number
#undef per_block
#undef CHAIN
