// Products in bfloat16 on processors that have no instructions for it: the numbers are widened to floats.

enum { floats_per_block = block_depth };

static void round_floats(
    const float *a, ptrdiff_t row, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t inner, void *rounded) {
  const ptrdiff_t padded = bf16_blocks(inner) * block_depth;
  float *target = (float *)rounded + first * padded;
  for (const float *end = a + rows * row; a < end; a += row)
    for (ptrdiff_t index = 0; index < padded; index += width, target += width)
      AT(target) = (Lanes)rounded_bf16(load(a + index, inner - index));
}

INLINE void floats_chain(
    const int height, const int count, const int isSecond, const float *a, ptrdiff_t row, const uint32_t *panels,
    Lanes sums[24]) {
  for (int i = 0; i < width; i++, a++, panels += width) {
    Lanes column[4];
    UNROLLED for (int p = 0; p < count; p++) {
      const Bits words = *(const BitsAnywhere *)(panels + p * panel_block);
      column[p] = (Lanes)(isSecond ? words & 0xffff0000 : words << 16);
    }
    UNROLLED for (int r = 0; r < height; r++) {
      const Lanes x = splat(a[r * row + isSecond * width]);
      UNROLLED for (int p = 0; p < count; p++)
        sums[r * count + p] = fused_and_flushed(x, column[p], sums[r * count + p]);
    }
  }
}

#define KIND floats
#define Number float
#define per_block floats_per_block
#define CHAIN floats_chain
#include "bfloat16_tiles.h"
#undef KIND
#undef Number
#undef per_block
#undef CHAIN
