// Products of matrices.

enum {
  width = kernels_panel_width,
  // The number of floats of a panel that fills the nearest cache (32 KiB).
  large_panel = 8192
};

// A sum is cut into parts where OpenBLAS's Haswell kernel cuts it: into parts of 320, the last two of about equal length.
INLINE ptrdiff_t part(ptrdiff_t left) {
  const ptrdiff_t most = 320;
  if (left >= 2 * most) return most;
  return left > most ? (left / 2 + 7) / 8 * 8 : left;
}

// Multiplies `height` rows with `count` panels. All sums of a part are in registers.
INLINE void tile(
    const int height, const int count, const float *a, ptrdiff_t row, ptrdiff_t step, ptrdiff_t inner, const float *b,
    ptrdiff_t panel, ptrdiff_t depth, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  Lanes total[24];
  ptrdiff_t index = 0;
  do {
    Lanes sums[24];
    UNROLLED for (int r = 0; r < height; r++)
      UNROLLED for (int p = 0; p < count; p++)
        sums[r * count + p] =
            mode == kernels_continue ? load(c + r * stride + p * width, columns - p * width) : splat(0);
    const ptrdiff_t start = index, end = mode == kernels_continue ? inner : index + part(inner - index);
    for (; index < end; index++, a += step, b += depth) {
      Lanes column[4];
      UNROLLED for (int p = 0; p < count; p++) column[p] = AT(b + p * panel);
      UNROLLED for (int r = 0; r < height; r++) {
        const Lanes x = splat(a[r * row]);
        UNROLLED for (int p = 0; p < count; p++) sums[r * count + p] = fused(x, column[p], sums[r * count + p]);
      }
    }
    UNROLLED for (int i = 0; i < height * count; i++) total[i] = start == 0 ? sums[i] : total[i] + sums[i];
  } while (index < inner);
  UNROLLED for (int r = 0; r < height; r++)
    UNROLLED for (int p = 0; p < count; p++) {
      float *target = c + r * stride + p * width;
      const ptrdiff_t left = columns - p * width;
      Lanes value = total[r * count + p];
      // A caller may leave out factors of zero, so the sign of a sum of zeros must not depend on them.
      if (mode == kernels_continue) value += 0.0f;
      if (mode == kernels_add) value = load(target, left) + value;
      store(value, target, left);
    }
}

// A tile's height and number of panels, for each size whose sums fit into the registers; `most_rows` is the greatest height. Fewer
// rows take more panels, so that one sum is computed while another waits for its addition. TILES is the table of functions
// that are named so, by height and by the number of panels, 1, 2 or 4.
#if defined(HAS_AVX512)
enum { most_rows = 12 };
#define EACH_TILE(f)                                                                                                \
  f(1, 1) f(2, 1) f(3, 1) f(4, 1) f(5, 1) f(6, 1) f(7, 1) f(8, 1) f(9, 1) f(10, 1) f(11, 1) f(12, 1) f(1, 2)       \
  f(2, 2) f(3, 2) f(4, 2) f(5, 2) f(6, 2) f(7, 2) f(8, 2) f(9, 2) f(10, 2) f(11, 2) f(12, 2) f(1, 4) f(2, 4) f(3, 4)
#define TILES(f)                                                                                                    \
  {{0}, {f##_1_1, f##_1_2, f##_1_4}, {f##_2_1, f##_2_2, f##_2_4}, {f##_3_1, f##_3_2, f##_3_4}, {f##_4_1, f##_4_2}, \
   {f##_5_1, f##_5_2}, {f##_6_1, f##_6_2}, {f##_7_1, f##_7_2}, {f##_8_1, f##_8_2}, {f##_9_1, f##_9_2},             \
   {f##_10_1, f##_10_2}, {f##_11_1, f##_11_2}, {f##_12_1, f##_12_2}}
#else
enum { most_rows = 6 };
#define EACH_TILE(f) \
  f(1, 1) f(2, 1) f(3, 1) f(4, 1) f(5, 1) f(6, 1) f(1, 2) f(2, 2) f(3, 2) f(1, 4)
#define TILES(f)                                                                                                    \
  {{0}, {f##_1_1, f##_1_2, f##_1_4}, {f##_2_1, f##_2_2}, {f##_3_1, f##_3_2}, {f##_4_1}, {f##_5_1}, {f##_6_1}}
#endif

// There is a function for each size, because the compiler finds registers for all sums of one size, but not of several.
typedef void Tile(
    const float *a, ptrdiff_t row, ptrdiff_t step, ptrdiff_t inner, const float *b, ptrdiff_t panel, ptrdiff_t depth,
    float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode);
#define TILE(height, count)                                                                                       \
  static void tile_##height##_##count(                                                                            \
      const float *a, ptrdiff_t row, ptrdiff_t step, ptrdiff_t inner, const float *b, ptrdiff_t panel,            \
      ptrdiff_t depth, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {                   \
    tile(height, count, a, row, step, inner, b, panel, depth, c, columns, stride, mode);                          \
  }
EACH_TILE(TILE)
static Tile *const tiles[most_rows + 1][3] = TILES(tile);

// Returns the height of the next tile. The last two have about the same height, because a tile of few rows would take as long
// as a higher one.
INLINE ptrdiff_t next_height(ptrdiff_t left) {
  return left >= 2 * most_rows ? most_rows : left > most_rows ? (left + 1) / 2 : left;
}

static void multiply(
    const float *a, ptrdiff_t row, ptrdiff_t step, ptrdiff_t rows, ptrdiff_t inner, const float *b, ptrdiff_t panel,
    ptrdiff_t depth, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode) {
  Tile *const *sizes = tiles[rows < most_rows ? rows : most_rows];
  // A matrix that comes from memory comes twice as fast in one stream as in two or four.
  const int most_size = panel >= large_panel && rows <= most_rows ? 0 : 2;
  while (columns > 0) {
    int size = 0;
    while (size < most_size && sizes[size + 1] && columns > (width << (size + 1)) - width) size++;
    for (ptrdiff_t first = 0, height; first < rows; first += height) {
      height = next_height(rows - first);
      tiles[height][size](
          a + first * row, row, step, inner, b, panel, depth, c + first * stride, columns, stride, mode);
    }
    columns -= width << size, c += width << size, b += panel * (1 << size);
  }
}

// Four numbers of each of sixteen rows become sixteen numbers for each of four steps.
INLINE void transpose(const float *const rows[16], ptrdiff_t offset, Lanes steps[4]) {
  Lanes r[4];
  UNROLLED for (int i = 0; i < 4; i++) {
    const Four a = *(FourAnywhere *)(rows[i] + offset), b = *(FourAnywhere *)(rows[i + 4] + offset);
    const Four c = *(FourAnywhere *)(rows[i + 8] + offset), d = *(FourAnywhere *)(rows[i + 12] + offset);
    const Eight low = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
    const Eight high = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7);
    r[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }
#define LOW 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define HIGH 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define EVEN 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define ODD 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
  const Lanes ab = __builtin_shufflevector(r[0], r[1], LOW), cd = __builtin_shufflevector(r[2], r[3], LOW);
  const Lanes ab2 = __builtin_shufflevector(r[0], r[1], HIGH), cd2 = __builtin_shufflevector(r[2], r[3], HIGH);
  steps[0] = __builtin_shufflevector(ab, cd, EVEN);
  steps[1] = __builtin_shufflevector(ab, cd, ODD);
  steps[2] = __builtin_shufflevector(ab2, cd2, EVEN);
  steps[3] = __builtin_shufflevector(ab2, cd2, ODD);
}

// The beginnings of `columns` rows of a matrix. The last row stands for those that are missing.
INLINE void starts(const float *w, ptrdiff_t columns, ptrdiff_t stride, const float *rows[16]) {
  for (int i = 0; i < width; i++) rows[i] = w + (i < columns ? i : columns - 1) * stride;
}

static void pack(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, float *panels) {
  for (; columns > 0; columns -= width, w += width * stride, panels += width * inner) {
    const float *rows[16];
    starts(w, columns, stride, rows);
    ptrdiff_t index = 0;
    for (; index + 4 <= inner; index += 4) {
      Lanes steps[4];
      transpose(rows, index, steps);
      UNROLLED for (int i = 0; i < 4; i++) AT(panels + (index + i) * width) = steps[i];
    }
    for (; index < inner; index++)
      for (int i = 0; i < width; i++) panels[index * width + i] = rows[i][index];
  }
}
