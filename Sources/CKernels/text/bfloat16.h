// Matrices in bfloat16, and what their products have in common.
//
// Both factors are bfloat16. A sum has blocks of 32 terms, and a block has two chains of fused multiply-adds, of its first
// sixteen terms and of the others, each from zero. The two are added, and then the result to the sum of the blocks before. A last
// block that is shorter has terms of zero. Whatever is read or computed is zero in place of a denormal number.
//
// This is what a tile of AMX computes (Intel, "Intrinsics Guide", TDPBF16PS), and each chain is what AVX-512's VDPBF16PS
// computes with two terms at a time, so processors of either kind need one instruction.

enum {
  // The words of a block of sixteen columns, and of one of a group.
  panel_block = 16 * width,
  group_block = group_width / width * panel_block
};

INLINE ptrdiff_t bf16_blocks(ptrdiff_t inner) { return (inner + block_depth - 1) / block_depth; }

// Rounds to bfloat16, to nearest and to even, in the upper half of each word. Numbers that are denormal before become zero, and
// every NaN becomes the same.
INLINE Bits rounded_bf16(Lanes x) {
  const Bits bits = (Bits)x, size = bits & 0x7fffffff;
  const Bits rounded = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  const Bits isNormal = (Bits)(size >= 0x00800000), isNaN = (Bits)(size > 0x7f800000);
  return (isNaN & 0x7fc00000) | (~isNaN & ((isNormal & rounded) | (~isNormal & bits & 0x80000000)));
}

// From begin to end, denormal numbers are zero: by flags of the processor, or by what `flushed` does where it has none.
#if defined(HAS_FMA)
INLINE unsigned flush_begin(void) {
  const unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x8040);
  // Sums go from memory to memory, so the compiler moves none across.
  __asm__ volatile("" ::: "memory");
  return before;
}
INLINE void flush_end(unsigned before) {
  __asm__ volatile("" ::: "memory");
  __builtin_ia32_ldmxcsr(before);
}
INLINE Lanes flushed(Lanes x) { return x; }
INLINE Lanes fused_and_flushed(Lanes a, Lanes b, Lanes c) { return fused(a, b, c); }
#else
INLINE unsigned flush_begin(void) { return 0; }
INLINE void flush_end(unsigned before) { (void)before; }
INLINE Lanes flushed(Lanes x) {
  const Bits bits = (Bits)x, isNormal = (Bits)((bits & 0x7fffffff) >= 0x00800000);
  return (Lanes)((isNormal & bits) | (bits & 0x80000000));
}
// A number is too small if it is so after it was rounded as if exponents had no end (IEEE 754-2019, 7.5).
INLINE Lanes fused_and_flushed(Lanes a, Lanes b, Lanes c) {
  const Doubles sum = fused_to_odd(a, b, c);
  const Longs bits = (Longs)sum, isTiny = (bits & INT64_MAX) < (Longs)((Doubles){} + (0x1p-126 - 0x1p-151));
  return __builtin_convertvector((Doubles)((~isTiny & bits) | (bits & INT64_MIN)), Lanes);
}
#endif

// Adds a tile's sums to C, or writes them there.
INLINE void finish(Lanes value, float *target, ptrdiff_t left, enum kernels_mode mode) {
  if (left <= 0) return;
  if (mode == kernels_add) value = flushed(flushed(load(target, left)) + value);
  store(value, target, left);
}

static void freeze_bf16(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, void *groups) {
  const ptrdiff_t blocks = bf16_blocks(inner), groupCount = (columns + group_width - 1) / group_width;
  memset(groups, 0, groupCount * blocks * group_block * sizeof(uint32_t));
  for (ptrdiff_t column = 0; column < columns; column++, w += stride) {
    const ptrdiff_t own = column % group_width;
    uint32_t *panel = (uint32_t *)groups + column / group_width * blocks * group_block + own / width * panel_block;
    for (ptrdiff_t index = 0; index < inner; index += width) {
      const Lanes most = splat(0x1.fep127f), x = load(w + index, inner - index);
      Bits words = rounded_bf16(SELECT(x > most, most, SELECT(x < -most, -most, x)));
      uint32_t *block = panel + index / block_depth * group_block + own % width;
      const int isSecond = index / width % 2;
      for (int i = 0; i < width; i++) block[i * width] |= isSecond ? words[i] : words[i] >> 16;
    }
  }
}

// Returns number `term` of the sixteen terms among which `index` is, of sixteen columns, in the upper halves of their words.
INLINE Bits upper(const uint32_t *panel, ptrdiff_t index, int term) {
  const Bits words = *(const BitsAnywhere *)(panel + index / block_depth * group_block + term * width);
  return index / width % 2 ? words & 0xffff0000 : words << 16;
}

static void turn_bf16(const void *groups, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t first, void *group) {
  const ptrdiff_t blocks = bf16_blocks(inner);
  uint32_t *target = group;
  for (ptrdiff_t column = 0; column < columns; column += block_depth, target += group_block) {
    const uint32_t *panel = (const uint32_t *)groups + column / group_width * blocks * group_block +
                            column % group_width / width * panel_block;
    for (int own = 0; own < group_width && first + own < inner; own += width) {
      uint32_t square[16][16];
      const float *rows[16];
      for (int i = 0; i < width; i++) {
        *(BitsAnywhere *)square[i] =
            upper(panel, first + own, i) >> 16 | upper(panel + panel_block, first + own, i);
        rows[i] = (const float *)square[i];
      }
      for (int offset = 0; offset < width; offset += 4) {
        Lanes steps[4];
        transpose(rows, offset, steps);
        UNROLLED for (int i = 0; i < 4; i++)
          AT((float *)target + own * width + (offset + i) * width) = steps[i];
      }
    }
  }
}

static void thaw_column_bf16(const void *groups, ptrdiff_t column, ptrdiff_t inner, float *numbers) {
  const ptrdiff_t own = column % group_width;
  const uint32_t *panel = (const uint32_t *)groups + column / group_width * bf16_blocks(inner) * group_block +
                          own / width * panel_block;
  for (ptrdiff_t index = 0; index < inner; index++) {
    const uint32_t word = upper(panel, index, index % width)[own % width];
    memcpy(numbers + index, &word, sizeof word);
  }
}
