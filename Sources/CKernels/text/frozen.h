// Matrices that are stored in fewer bits, and products with them.
//
// An element is widened to the float that it stands for, which is exact, so a product has the bits of one with that float.

enum {
  group_width = kernels_group_width,
  block_depth = kernels_block_depth,
  // The bytes of a block of a group in Q8_0: the scales of its columns, and then its numbers, column beside column.
  q8_block = group_width * (4 + block_depth)
};

// The bytes of a group of `inner` rows.
INLINE ptrdiff_t group_bytes(enum kernels_format format, ptrdiff_t inner) {
  return format == kernels_bf16 ? inner * group_width * 2 : (inner + block_depth - 1) / block_depth * q8_block;
}

typedef uint32_t Words __attribute__((vector_size(32)));
typedef uint32_t WordsAnywhere __attribute__((vector_size(32), aligned(4), may_alias));
typedef int8_t Bytes __attribute__((vector_size(16)));
typedef int8_t BytesAnywhere __attribute__((vector_size(16), aligned(1), may_alias));

// Sixteen numbers of bfloat16 take eight words: number i is the lower half of word i, and number i + 8 the upper one. So
// widening them takes two instructions.
INLINE Lanes widened_bf16(const uint16_t *numbers) {
  const Words words = *(const WordsAnywhere *)numbers;
  const Eight low = (Eight)(words << 16), high = (Eight)(words & 0xffff0000u);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// A scale has 11 significant bits, so this product is exact.
INLINE Lanes widened_q8(const int8_t *numbers, Lanes scale) {
  return __builtin_convertvector(*(const BytesAnywhere *)numbers, Lanes) * scale;
}

// Multiplies `height` rows with `count` sixteens of columns of a group, of which the first is number `first`.
INLINE void frozen_tile(
    const int height, const int count, const enum kernels_format format, const float *a, ptrdiff_t row, ptrdiff_t inner,
    const uint8_t *group, int first, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  Lanes total[24];
  ptrdiff_t index = 0;
  do {
    Lanes sums[24];
    UNROLLED for (int i = 0; i < height * count; i++) sums[i] = splat(0);
    const ptrdiff_t start = index, end = index + part(inner - index);
    while (index < end) {
      const ptrdiff_t block = index / block_depth * block_depth;
      const ptrdiff_t stop = format == kernels_bf16 || end < block + block_depth ? end : block + block_depth;
      const uint8_t *numbers = format == kernels_bf16 ? group + (index * group_width + first * width) * 2
                                                      : group + block / block_depth * q8_block + group_width * 4 +
                                                            (index - block) * group_width + first * width;
      Lanes scale[4];
      if (format == kernels_q8)
        UNROLLED for (int p = 0; p < count; p++)
          scale[p] = AT((const float *)(group + block / block_depth * q8_block) + (first + p) * width);
      for (; index < stop; index++, numbers += group_width * (format == kernels_bf16 ? 2 : 1)) {
        Lanes column[4];
        UNROLLED for (int p = 0; p < count; p++)
          column[p] = format == kernels_bf16 ? widened_bf16((const uint16_t *)numbers + p * width)
                                             : widened_q8((const int8_t *)numbers + p * width, scale[p]);
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

typedef void FrozenTile(
    const float *a, ptrdiff_t row, ptrdiff_t inner, const uint8_t *group, int first, float *c, ptrdiff_t columns,
    ptrdiff_t stride, enum kernels_mode mode);
#define FROZEN_TILE(height, count)                                                                              \
  static void bf16_##height##_##count(                                                                          \
      const float *a, ptrdiff_t row, ptrdiff_t inner, const uint8_t *group, int first, float *c,                \
      ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {                                            \
    frozen_tile(height, count, kernels_bf16, a, row, inner, group, first, c, columns, stride, mode);            \
  }                                                                                                             \
  static void q8_##height##_##count(                                                                            \
      const float *a, ptrdiff_t row, ptrdiff_t inner, const uint8_t *group, int first, float *c,                \
      ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {                                            \
    frozen_tile(height, count, kernels_q8, a, row, inner, group, first, c, columns, stride, mode);              \
  }
FROZEN_TILE(1, 1) FROZEN_TILE(2, 1) FROZEN_TILE(3, 1) FROZEN_TILE(4, 1) FROZEN_TILE(5, 1) FROZEN_TILE(6, 1)
FROZEN_TILE(1, 2) FROZEN_TILE(2, 2) FROZEN_TILE(3, 2) FROZEN_TILE(1, 4)
#if defined(HAS_AVX512)
FROZEN_TILE(7, 1) FROZEN_TILE(8, 1) FROZEN_TILE(9, 1) FROZEN_TILE(10, 1) FROZEN_TILE(11, 1) FROZEN_TILE(12, 1)
FROZEN_TILE(4, 2) FROZEN_TILE(5, 2) FROZEN_TILE(6, 2) FROZEN_TILE(7, 2) FROZEN_TILE(8, 2) FROZEN_TILE(9, 2)
FROZEN_TILE(10, 2) FROZEN_TILE(11, 2) FROZEN_TILE(12, 2) FROZEN_TILE(2, 4) FROZEN_TILE(3, 4)
#define FROZEN_TILES(f)                                                                                          \
  {{0}, {f##_1_1, f##_1_2, f##_1_4}, {f##_2_1, f##_2_2, f##_2_4}, {f##_3_1, f##_3_2, f##_3_4},                 \
   {f##_4_1, f##_4_2}, {f##_5_1, f##_5_2}, {f##_6_1, f##_6_2}, {f##_7_1, f##_7_2}, {f##_8_1, f##_8_2},         \
   {f##_9_1, f##_9_2}, {f##_10_1, f##_10_2}, {f##_11_1, f##_11_2}, {f##_12_1, f##_12_2}}
#else
#define FROZEN_TILES(f)                                                                                          \
  {{0}, {f##_1_1, f##_1_2, f##_1_4}, {f##_2_1, f##_2_2}, {f##_3_1, f##_3_2}, {f##_4_1}, {f##_5_1}, {f##_6_1}}
#endif
static FrozenTile *const frozen_tiles[2][most_rows + 1][3] = {FROZEN_TILES(bf16), FROZEN_TILES(q8)};

static void multiply_frozen(
    enum kernels_format format, const float *a, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t inner, const void *groups,
    float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  FrozenTile *const(*sizes)[3] = frozen_tiles[format];
  const uint8_t *group = groups;
  for (; columns > 0; columns -= group_width, c += group_width, group += group_bytes(format, inner)) {
    // As many columns at a time as a tile of the most rows has registers for. Their numbers are then near by for the next
    // tile.
    FrozenTile *const *most = sizes[rows < most_rows ? rows : most_rows];
    const ptrdiff_t own = columns < group_width ? columns : group_width;
    int size = 0;
    while (size < 2 && most[size + 1] && own > (width << (size + 1)) - width) size++;
    for (int column = 0; column < own; column += width << size)
      for (ptrdiff_t first = 0, height; first < rows; first += height) {
        const ptrdiff_t left = rows - first;
        height = left >= 2 * most_rows ? most_rows : left > most_rows ? (left + 1) / 2 : left;
        sizes[height][size](
            a + first * row, row, inner, group, column / width, c + first * stride + column, own - column, stride, mode);
      }
  }
}

// Returns row `index` of sixteen columns of a group, of which the first is number `first`, as floats.
INLINE Lanes widened(enum kernels_format format, const uint8_t *group, ptrdiff_t index, int first) {
  if (format == kernels_bf16) return widened_bf16((const uint16_t *)group + index * group_width + first);
  const uint8_t *block = group + index / block_depth * q8_block;
  const int8_t *numbers = (const int8_t *)block + group_width * 4 + index % block_depth * group_width + first;
  return widened_q8(numbers, AT((const float *)block + first));
}

static void thaw(
    enum kernels_format format, const void *groups, ptrdiff_t first, ptrdiff_t columns, ptrdiff_t inner, float *panels) {
  for (ptrdiff_t column = first; column < first + columns; column += width) {
    const uint8_t *group = (const uint8_t *)groups + column / group_width * group_bytes(format, inner);
    for (ptrdiff_t index = 0; index < inner; index++, panels += width)
      AT(panels) = widened(format, group, index, column % group_width);
  }
}

static void thaw_across(
    enum kernels_format format, const void *groups, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t first, float *panel) {
  const uint8_t *group = groups;
  const float *rows[16];
  float square[16][16] = {};
  for (int i = 0; i < width; i++) rows[i] = square[i];
  const ptrdiff_t count = inner - first < width ? inner - first : width;
  for (ptrdiff_t column = 0; column < columns; column += width) {
    if (column > 0 && column % group_width == 0) group += group_bytes(format, inner);
    for (ptrdiff_t i = 0; i < count; i++) AT(square[i]) = widened(format, group, first + i, column % group_width);
    const ptrdiff_t left = columns - column;
    for (int offset = 0; offset < width && offset < left; offset += 4) {
      Lanes steps[4];
      transpose(rows, offset, steps);
      for (int i = 0; i < 4 && offset + i < left; i++) AT(panel + (column + offset + i) * width) = steps[i];
    }
  }
}

// The place of a column among sixteen of bfloat16.
INLINE int place_bf16(int column) { return column % 8 * 2 + column / 8; }

static void thaw_column(enum kernels_format format, const void *groups, ptrdiff_t column, ptrdiff_t inner, float *numbers) {
  const uint8_t *group = (const uint8_t *)groups + column / group_width * group_bytes(format, inner);
  const int own = column % group_width, sixteen = own / width * width;
  for (ptrdiff_t index = 0; index < inner; index++) {
    if (format == kernels_bf16) {
      const uint32_t bits = ((const uint16_t *)group)[index * group_width + sixteen + place_bf16(own - sixteen)];
      const uint32_t word = bits << 16;
      memcpy(numbers + index, &word, sizeof word);
    } else {
      const uint8_t *block = group + index / block_depth * q8_block;
      const int8_t number = ((const int8_t *)block)[group_width * 4 + index % block_depth * group_width + own];
      numbers[index] = (float)number * ((const float *)block)[own];
    }
  }
}

// Rounds to bfloat16, to nearest and to even. What is too large becomes the greatest finite number.
INLINE uint16_t rounded_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000, rounded = ((bits & 0x7fffffff) + 0x7fff + (bits >> 16 & 1)) >> 16;
  return sign | (rounded > 0x7f7f ? 0x7f7f : rounded);
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

// Freezes `count` numbers, at most a block, of one column in Q8_0, as ggml does: the scale is a float16, and the numbers
// are divided by the scale before it was rounded. Halves are rounded away from zero.
INLINE void freeze_q8(const float *numbers, ptrdiff_t count, uint8_t *block, int column) {
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

static void freeze(
    enum kernels_format format, const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, void *groups) {
  uint8_t *group = groups;
  memset(group, 0, (columns + group_width - 1) / group_width * group_bytes(format, inner));
  for (ptrdiff_t column = 0; column < columns; column++, w += stride) {
    const int own = column % group_width, sixteen = own / width * width;
    if (column > 0 && own == 0) group += group_bytes(format, inner);
    if (format == kernels_bf16) {
      uint16_t *target = (uint16_t *)group + sixteen + place_bf16(own - sixteen);
      for (ptrdiff_t index = 0; index < inner; index++) target[index * group_width] = rounded_bf16(w[index]);
    } else {
      for (ptrdiff_t index = 0; index < inner; index += block_depth)
        freeze_q8(
            w + index, inner - index < block_depth ? inner - index : block_depth, group + index / block_depth * q8_block,
            own);
    }
  }
}
