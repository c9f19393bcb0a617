// Matrices in Q8_0, and products with them.
//
// An element is widened to the float that it stands for, which is exact, so a product has the bits of one with that float.

enum {
  group_width = kernels_group_width,
  block_depth = kernels_block_depth,
  // The bytes of a block of a group: the scales of its columns, and then its numbers, column beside column.
  q8_block = group_width * (4 + block_depth)
};

// The bytes of a group of `inner` rows.
INLINE ptrdiff_t q8_bytes(ptrdiff_t inner) { return (inner + block_depth - 1) / block_depth * q8_block; }

typedef int8_t Bytes __attribute__((vector_size(16)));
typedef int8_t BytesAnywhere __attribute__((vector_size(16), aligned(1), may_alias));

// A scale has 11 significant bits, so this product is exact.
INLINE Lanes widened_q8(const int8_t *numbers, Lanes scale) {
  return __builtin_convertvector(*(const BytesAnywhere *)numbers, Lanes) * scale;
}

// Multiplies `height` rows with `count` sixteens of columns of a group, of which the first is number `first`.
INLINE void q8_tile(
    const int height, const int count, const float *a, ptrdiff_t row, ptrdiff_t inner, const uint8_t *group, int first,
    float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  Lanes total[24];
  ptrdiff_t index = 0;
  do {
    Lanes sums[24];
    UNROLLED for (int i = 0; i < height * count; i++) sums[i] = splat(0);
    const ptrdiff_t start = index, end = index + part(inner - index);
    while (index < end) {
      const ptrdiff_t begin = index / block_depth * block_depth;
      const ptrdiff_t stop = end < begin + block_depth ? end : begin + block_depth;
      const uint8_t *block = group + begin / block_depth * q8_block;
      const int8_t *numbers = (const int8_t *)block + group_width * 4 + (index - begin) * group_width + first * width;
      Lanes scale[4];
      UNROLLED for (int p = 0; p < count; p++) scale[p] = AT((const float *)block + (first + p) * width);
      for (; index < stop; index++, numbers += group_width) {
        Lanes column[4];
        UNROLLED for (int p = 0; p < count; p++) column[p] = widened_q8(numbers + p * width, scale[p]);
        UNROLLED for (int r = 0; r < height; r++) {
          const Lanes x = splat(a[r * row + index]);
          UNROLLED for (int p = 0; p < count; p++) sums[r * count + p] = fused(x, column[p], sums[r * count + p]);
        }
      }
    }
    UNROLLED for (int i = 0; i < height * count; i++) total[i] = start == 0 ? sums[i] : total[i] + sums[i];
  } while (index < inner);
  UNROLLED for (int r = 0; r < height; r++)
    UNROLLED for (int p = 0; p < count; p++) {
      float *target = c + r * stride + p * width;
      const ptrdiff_t left = columns - p * width;
      Lanes value = total[r * count + p];
      if (mode == kernels_add) value = load(target, left) + value;
      store(value, target, left);
    }
}

typedef void Q8Tile(
    const float *a, ptrdiff_t row, ptrdiff_t inner, const uint8_t *group, int first, float *c, ptrdiff_t columns,
    ptrdiff_t stride, enum kernels_mode mode);
#define Q8_TILE(height, count)                                                                                  \
  static void q8_##height##_##count(                                                                            \
      const float *a, ptrdiff_t row, ptrdiff_t inner, const uint8_t *group, int first, float *c,                \
      ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {                                            \
    q8_tile(height, count, a, row, inner, group, first, c, columns, stride, mode);                              \
  }
EACH_TILE(Q8_TILE)
static Q8Tile *const q8_tiles[most_rows + 1][3] = TILES(q8);

static void multiply_q8(
    const float *a, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t inner, const void *groups, float *c, ptrdiff_t columns,
    ptrdiff_t stride, enum kernels_mode mode) {
  const uint8_t *group = groups;
  for (; columns > 0; columns -= group_width, c += group_width, group += q8_bytes(inner)) {
    // As many columns at a time as a tile of the most rows has registers for. Their numbers are then near by for the next
    // tile.
    Q8Tile *const *most = q8_tiles[rows < most_rows ? rows : most_rows];
    const ptrdiff_t own = columns < group_width ? columns : group_width;
    int size = 0;
    while (size < 2 && most[size + 1] && own > (width << (size + 1)) - width) size++;
    for (int column = 0; column < own; column += width << size)
      for (ptrdiff_t first = 0, height; first < rows; first += height) {
        height = next_height(rows - first);
        q8_tiles[height][size](
            a + first * row, row, inner, group, column / width, c + first * stride + column, own - column, stride, mode);
      }
  }
}

// Returns row `index` of sixteen columns of a group, of which the first is number `first`, as floats.
INLINE Lanes widened(const uint8_t *group, ptrdiff_t index, int first) {
  const uint8_t *block = group + index / block_depth * q8_block;
  const int8_t *numbers = (const int8_t *)block + group_width * 4 + index % block_depth * group_width + first;
  return widened_q8(numbers, AT((const float *)block + first));
}

static void thaw_q8(const void *groups, ptrdiff_t first, ptrdiff_t columns, ptrdiff_t inner, float *panels) {
  for (ptrdiff_t column = first; column < first + columns; column += width) {
    const uint8_t *group = (const uint8_t *)groups + column / group_width * q8_bytes(inner);
    for (ptrdiff_t index = 0; index < inner; index++, panels += width)
      AT(panels) = widened(group, index, column % group_width);
  }
}

static void turn_q8(const void *groups, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t first, float *panel) {
  const uint8_t *group = groups;
  const float *rows[16];
  float square[16][16] = {};
  for (int i = 0; i < width; i++) rows[i] = square[i];
  const ptrdiff_t count = inner - first < width ? inner - first : width;
  for (ptrdiff_t column = 0; column < columns; column += width) {
    if (column > 0 && column % group_width == 0) group += q8_bytes(inner);
    for (ptrdiff_t i = 0; i < count; i++) AT(square[i]) = widened(group, first + i, column % group_width);
    const ptrdiff_t left = columns - column;
    for (int offset = 0; offset < width && offset < left; offset += 4) {
      Lanes steps[4];
      transpose(rows, offset, steps);
      for (int i = 0; i < 4 && offset + i < left; i++) AT(panel + (column + offset + i) * width) = steps[i];
    }
  }
}

static void thaw_column_q8(const void *groups, ptrdiff_t column, ptrdiff_t inner, float *numbers) {
  const uint8_t *group = (const uint8_t *)groups + column / group_width * q8_bytes(inner);
  const int own = column % group_width;
  for (ptrdiff_t index = 0; index < inner; index++) {
    const uint8_t *block = group + index / block_depth * q8_block;
    const int8_t number = ((const int8_t *)block)[group_width * 4 + index % block_depth * group_width + own];
    numbers[index] = (float)number * ((const float *)block)[own];
  }
}

// Rounds a number that is not negative to float16, to nearest and to even. What is too large becomes the greatest finite
// number.
INLINE float rounded_half(float x) {
  if (x >= 65504) return 65504;
  // Below 2^-14 float16 has steps of 2^-24, as float32 has from 1/2 to 1.
  if (x < 0x1p-14f) return (x + 0.5f) - 0.5f;
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
  memcpy(&x, &bits, sizeof bits);
  return x;
}

// Freezes `count` numbers, at most a block, of one column, as ggml does: the scale is a float16, and the numbers are divided
// by the scale before it was rounded. Halves are rounded away from zero.
INLINE void freeze_block(const float *numbers, ptrdiff_t count, uint8_t *block, int column) {
  float most = 0;
  for (ptrdiff_t i = 0; i < count; i++) most = __builtin_fabsf(numbers[i]) > most ? __builtin_fabsf(numbers[i]) : most;
  const float scale = most / 127, inverse = scale == 0 ? 0 : 1 / scale;
  ((float *)block)[column] = rounded_half(scale);
  int8_t *target = (int8_t *)block + group_width * 4 + column;
  for (ptrdiff_t i = 0; i < count; i++) {
    const float size = __builtin_fabsf(numbers[i] * inverse);
    const int whole = size < 127 ? (int)size : 127, rounded = whole + (int)(2 * (size < 127 ? size - whole : 0));
    target[i * group_width] = numbers[i] < 0 ? -rounded : rounded;
  }
}

static void freeze_q8(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, void *groups) {
  memset(groups, 0, (columns + group_width - 1) / group_width * q8_bytes(inner));
  for (ptrdiff_t column = 0; column < columns; column++, w += stride) {
    uint8_t *group = (uint8_t *)groups + column / group_width * q8_bytes(inner);
    for (ptrdiff_t index = 0; index < inner; index += block_depth)
      freeze_block(
          w + index, inner - index < block_depth ? inner - index : block_depth, group + index / block_depth * q8_block,
          column % group_width);
  }
}
