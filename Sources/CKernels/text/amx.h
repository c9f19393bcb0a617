// Products in bfloat16 by AMX, whose registers are tiles of sixteen rows of sixteen words.

enum { tile_words = 16 * 16 };

// Inputs lie in tiles: sixteen rows of a block, in whose words an input of the first chain is the lower half, and one of the
// second chain the upper half.
static void round_tiles(
    const float *a, ptrdiff_t row, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t inner, void *rounded) {
  const ptrdiff_t blocks = bf16_blocks(inner);
  for (ptrdiff_t r = first; r < first + rows; r++, a += row)
    for (ptrdiff_t block = 0; block < blocks; block++) {
      const ptrdiff_t index = block * block_depth;
      const Bits lower = rounded_bf16(load(a + index, inner - index));
      const Bits upper = rounded_bf16(load(a + index + width, inner - index - width));
      *(BitsAnywhere *)((uint32_t *)rounded + (r / 16 * blocks + block) * tile_words + r % 16 * 16) = lower >> 16 | upper;
    }
}

// Tiles 0 to 3 are sums, 4 and 5 rows of inputs, 6 and 7 panels of weights.
INLINE void configure(int rows) {
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } settings = {.palette = 1};
  for (int i = 0; i < 8; i++) settings.bytes[i] = 64, settings.rows[i] = i < 6 ? rows : 16;
  _tile_loadconfig(&settings);
}

// Writes the four sums to C, or adds them: `across` beside one another, and the others below. Functions that `finish` may call
// need not keep tiles, so all are stored before.
INLINE void finish_tiles(
    const int across, int rows, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  if (mode == kernels_write && columns >= across * width) {
    const ptrdiff_t bytes = stride * sizeof(float);
    float *const below = c + 16 * stride;
    _tile_stored(0, c, bytes), _tile_stored(1, c + width, bytes);
    _tile_stored(2, across == 4 ? c + 2 * width : below, bytes);
    _tile_stored(3, across == 4 ? c + 3 * width : below + width, bytes);
    return;
  }
  float values[4][16][16];
  _tile_stored(0, values[0], 64), _tile_stored(1, values[1], 64);
  _tile_stored(2, values[2], 64), _tile_stored(3, values[3], 64);
  for (int i = 0; i < 4; i++)
    for (int r = 0; r < rows; r++)
      finish(
          AT(values[i][r]), c + (i / across * 16 + r) * stride + i % across * width, columns - i % across * width, mode);
}

// Multiplies one tile of rows with four panels.
static void one_by_four(
    const uint32_t *a, int rows, ptrdiff_t blocks, const uint32_t *group, float *c, ptrdiff_t columns, ptrdiff_t stride,
    enum kernels_mode mode) {
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  for (ptrdiff_t block = 0; block < blocks; block++, a += tile_words, group += group_block) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, group, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, group + panel_block, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(6, group + 2 * panel_block, 64);
    _tile_dpbf16ps(2, 4, 6);
    _tile_loadd(7, group + 3 * panel_block, 64);
    _tile_dpbf16ps(3, 4, 7);
  }
  finish_tiles(4, rows, c, columns, stride, mode);
}

// Multiplies two tiles of rows with two panels.
static void two_by_two(
    const uint32_t *a, ptrdiff_t blocks, const uint32_t *panels, float *c, ptrdiff_t columns, ptrdiff_t stride,
    enum kernels_mode mode) {
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  const uint32_t *next = a + blocks * tile_words;
  for (ptrdiff_t block = 0; block < blocks; block++, a += tile_words, next += tile_words, panels += group_block) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, panels, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panels + panel_block, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, next, 64);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  finish_tiles(2, 16, c, columns, stride, mode);
}

static void multiply_bf16_tiles(
    const void *rounded, ptrdiff_t start, ptrdiff_t rows, ptrdiff_t inner, const void *groups, float *c,
    ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  const unsigned before = flush_begin();
  const ptrdiff_t blocks = bf16_blocks(inner), strip = blocks * tile_words;
  const uint32_t *a = (const uint32_t *)rounded + start / 16 * strip;
  const ptrdiff_t whole = rows / 16 * 16, pairs = rows / 32 * 32;
  for (int isRest = 0; isRest < 2; isRest++) {
    if (isRest ? whole == rows : whole == 0) continue;
    configure(isRest ? (int)(rows - whole) : 16);
    for (ptrdiff_t column = 0; column < columns; column += group_width) {
      const uint32_t *group = (const uint32_t *)groups + column / group_width * blocks * group_block;
      const ptrdiff_t own = columns - column;
      if (!isRest)
        for (int first = 0; first < group_width && first < own; first += 2 * width)
          for (ptrdiff_t r = 0; r < pairs; r += 32)
            two_by_two(
                a + r / 16 * strip, blocks, group + first / width * panel_block,
                c + r * stride + column + first, own - first, stride, mode);
      const ptrdiff_t r = isRest ? whole : pairs;
      if (isRest || pairs < whole)
        one_by_four(
            a + r / 16 * strip, isRest ? (int)(rows - whole) : 16, blocks, group,
            c + r * stride + column, own, stride, mode);
    }
  }
  _tile_release();
  flush_end(before);
}
