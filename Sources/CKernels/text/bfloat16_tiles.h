// Products in bfloat16 by fused multiplications of vectors.
//
// The includer defines KIND, a name; Number, the type in which inputs lie after `round`, `per_block` to a block; and the
// function CHAIN, which adds the first or the second chain of a block to sums.

#define NAMED(name) JOINED(name, KIND)
#define JOINED(name, kind) JOINED_(name, kind)
#define JOINED_(name, kind) name##_##kind

// Multiplies `height` rows with `count` panels of a group.
INLINE void NAMED(tile)(
    const int height, const int count, const Number *a, ptrdiff_t blocks, const uint32_t *panels, float *c,
    ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  Lanes total[24];
  UNROLLED for (int i = 0; i < height * count; i++) total[i] = splat(0);
  const ptrdiff_t row = blocks * per_block;
  for (ptrdiff_t block = 0; block < blocks; block++, a += per_block, panels += group_block) {
    Lanes first[24], second[24];
    UNROLLED for (int i = 0; i < height * count; i++) first[i] = splat(0);
    CHAIN(height, count, 0, a, row, panels, first);
    UNROLLED for (int i = 0; i < height * count; i++) second[i] = splat(0);
    CHAIN(height, count, 1, a, row, panels, second);
    UNROLLED for (int i = 0; i < height * count; i++) total[i] = flushed(total[i] + flushed(first[i] + second[i]));
  }
  UNROLLED for (int r = 0; r < height; r++)
    UNROLLED for (int p = 0; p < count; p++)
      finish(total[r * count + p], c + r * stride + p * width, columns - p * width, mode);
}

typedef void NAMED(Tile)(
    const Number *a, ptrdiff_t blocks, const uint32_t *panels, float *c, ptrdiff_t columns, ptrdiff_t stride,
    enum kernels_mode mode);
#define BF16_TILE(height, count)                                                                               \
  static void JOINED(KIND, height##_##count)(                                                                  \
      const Number *a, ptrdiff_t blocks, const uint32_t *panels, float *c, ptrdiff_t columns, ptrdiff_t stride, \
      enum kernels_mode mode) {                                                                                \
    NAMED(tile)(height, count, a, blocks, panels, c, columns, stride, mode);                                   \
  }
EACH_TILE(BF16_TILE)
#define ALL_TILES(kind) TILES(kind)
static NAMED(Tile) *const NAMED(bf16_tiles)[most_rows + 1][3] = ALL_TILES(KIND);

static void NAMED(multiply_bf16)(
    const void *a, ptrdiff_t start, ptrdiff_t rows, ptrdiff_t inner, const void *groups, float *c, ptrdiff_t columns,
    ptrdiff_t stride, enum kernels_mode mode) {
  const unsigned before = flush_begin();
  const ptrdiff_t blocks = bf16_blocks(inner);
  NAMED(Tile) *const(*sizes)[3] = NAMED(bf16_tiles);
  const uint32_t *group = groups;
  for (; columns > 0; columns -= group_width, c += group_width, group += blocks * group_block) {
    const ptrdiff_t own = columns < group_width ? columns : group_width;
    int size = 0;
    while (size < 2 && sizes[rows < most_rows ? rows : most_rows][size + 1] && own > (width << (size + 1)) - width) size++;
    for (int column = 0; column < own; column += width << size)
      for (ptrdiff_t first = 0, height; first < rows; first += height) {
        height = next_height(rows - first);
        sizes[height][size](
            (const Number *)a + (start + first) * blocks * per_block, blocks, group + column / width * panel_block,
            c + first * stride + column, own - column, stride, mode);
      }
  }
  flush_end(before);
}

#undef NAMED
#undef JOINED
#undef JOINED_
#undef BF16_TILE
#undef ALL_TILES
