// Exponentials, attention of one head, norms, and the optimizer.

// Computes e to the x, by a polynomial of degree 6 after reduction by powers of two. The relative error is below 2e-7.
// The result is zero below -87, and does not grow above 88.
INLINE Lanes exponential(Lanes x) {
  const Lanes magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest integer
  const Mask is_tiny = x < -87.0f;
  const Lanes bounded = SELECT(is_tiny, splat(-87.0f), x), clamped = SELECT(bounded > 88.0f, splat(88.0f), bounded);
  const Lanes shifted = fused(clamped, splat(1.44269504f), magic), n = shifted - magic;
  const Lanes r = fused(n, splat(2.1219444e-4f), fused(n, splat(-0.693359375f), clamped));
  Lanes p = fused(r, splat(1.0f / 720), splat(1.0f / 120));
  p = fused(p, r, splat(1.0f / 24));
  p = fused(p, r, splat(1.0f / 6));
  p = fused(p, r, splat(0.5f));
  p = fused(p, r, splat(1.0f));
  p = fused(p, r, splat(1.0f));
  const Lanes scale = (Lanes)(((Bits)shifted - (Bits)magic + 127) << 23);
  return SELECT(is_tiny, splat(0), p * scale);
}

static void exponentials(const float *x, float *y, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) store(exponential(load(x + i, count - i)), y + i, count - i);
}

static void swiglu(const float *gate, const float *up, float *y, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const ptrdiff_t left = count - i;
    const Lanes g = load(gate + i, left);
    store(g / (exponential(-g) + 1.0f) * load(up + i, left), y + i, left);
  }
}

static void swiglu_backward(
    const float *dy, const float *gate, const float *up, float *dgate, float *dup, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const ptrdiff_t left = count - i;
    const Lanes g = load(gate + i, left), u = load(up + i, left), d = load(dy + i, left);
    const Lanes sigmoid = 1.0f / (exponential(-g) + 1.0f), slope = d * sigmoid;
    store(slope * g, dup + i, left);
    store(slope * u * fused(g, 1.0f - sigmoid, splat(1)), dgate + i, left);
  }
}

static float softmax(const float *x, float *y, ptrdiff_t count, float *top) {
  Lanes greatest = AT(x);
  for (ptrdiff_t i = 16; i < count; i += 16) {
    const Lanes v = AT(x + i);
    greatest = SELECT(v > greatest, v, greatest);
  }
  *top = greatest[0];
  for (int lane = 1; lane < 16; lane++) *top = greatest[lane] > *top ? greatest[lane] : *top;
  Lanes total = {};
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const Lanes e = exponential(AT(x + i) - *top);
    AT(y + i) = e;
    total += e;
  }
  const float all = sum(total), scale = 1 / all;
  for (ptrdiff_t i = 0; i < count; i += 16) AT(y + i) = AT(y + i) * scale;
  return all;
}

static void softmax_backward(const float *p, float *ds, float scale, ptrdiff_t count) {
  Lanes total = {};
  for (ptrdiff_t i = 0; i < count; i += 16) total = fused(AT(p + i), AT(ds + i), total);
  const float mean = sum(total);
  for (ptrdiff_t i = 0; i < count; i += 16) AT(ds + i) = AT(p + i) * (AT(ds + i) - mean) * scale;
}

// Replaces the first `seen` scores by the softmax of `scale` times each, and writes zeros from there up to `count`, a
// multiple of 16.
INLINE void attention(float *p, ptrdiff_t seen, ptrdiff_t count, float scale) {
  static const Mask lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const Mask is_seen = lanes < (int32_t)(seen - i > 16 ? 16 : seen - i);
    AT(p + i) = SELECT(is_seen, AT(p + i) * scale, splat(-__builtin_inff()));
  }
  float top;
  softmax(p, p, count, &top);
}

static void attend(
    const struct kernels_piece *pieces, ptrdiff_t count, ptrdiff_t head, ptrdiff_t dimension, ptrdiff_t value_row,
    const float *q, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t seen, ptrdiff_t growth, float scale, float *p,
    ptrdiff_t stride, float *y) {
  enum { block = 12 };
  for (ptrdiff_t first = 0; first < rows; first += block) {
    const ptrdiff_t height = rows - first < block ? rows - first : block;
    const ptrdiff_t own = seen + growth * first, most = own + growth * (height - 1), padded = (most + 15) & ~15;
    const float *query = q + first * row;
    float *share = p + first * stride, *result = y ? y + first * row : NULL;
    const struct kernels_piece *const last = pieces + count, *piece = pieces;
    while (piece < last && piece->first < most) {
      const ptrdiff_t left = most - piece->first, size = (piece->count + 15) & ~15;
      const float *keys = piece->keys + head * size * dimension;
      ptrdiff_t columns = piece->count < left ? size : (left + 15) & ~15, panel = dimension * width;
      float *target = share + piece->first;
      // Two pieces of a panel each are two panels, wherever they lie, because more panels make products of few rows
      // faster. Addresses are subtracted as numbers, because the pieces may be of two allocations.
      if (piece->count == width && left > width && piece + 1 < last && piece[1].count == width) {
        panel = ((intptr_t)piece[1].keys - (intptr_t)piece->keys) / (ptrdiff_t)sizeof(float);
        columns = 2 * width;
        piece++;
      }
      piece++;
      multiply(query, row, 1, height, dimension, keys, panel, width, target, columns, stride, kernels_write);
    }
    for (ptrdiff_t r = 0; r < height; r++) {
      attention(share + r * stride, own + growth * r, padded, scale);
      memset(share + r * stride + padded, 0, (stride - padded) * sizeof(float));
      if (result) memset(result + r * row, 0, dimension * sizeof(float));
    }
    if (!result) continue;
    for (piece = pieces; piece < last && piece->first < most; piece++) {
      const ptrdiff_t left = most - piece->first;
      multiply(
          share + piece->first, stride, 1, height, piece->count < left ? piece->count : left,
          piece->values + head * dimension, width, value_row, result, dimension, row, kernels_continue);
    }
  }
}

static void norm(
    const float *x, const float *weight, float *y, float *inverse, ptrdiff_t rows, ptrdiff_t size, float epsilon) {
  for (ptrdiff_t row = 0; row < rows; row++, x += size, y += size) {
    Lanes total = {};
    for (ptrdiff_t i = 0; i < size; i += 16) {
      const Lanes v = load(x + i, size - i);
      total = fused(v, v, total);
    }
    const float scale = 1 / __builtin_elementwise_sqrt(splat(sum(total) / size + epsilon))[0];
    inverse[row] = scale;
    for (ptrdiff_t i = 0; i < size; i += 16)
      store(load(x + i, size - i) * scale * load(weight + i, size - i), y + i, size - i);
  }
}

static void norm_backward(
    const float *dy, const float *x, const float *weight, const float *inverse, float *dx, float *dweight,
    ptrdiff_t rows, ptrdiff_t size) {
  for (ptrdiff_t row = 0; row < rows; row++, dy += size, x += size, dx += size) {
    const float scale = inverse[row];
    Lanes total = {};
    for (ptrdiff_t i = 0; i < size; i += 16) {
      const ptrdiff_t left = size - i;
      const Lanes product = load(dy + i, left) * load(x + i, left);
      total = fused(product, load(weight + i, left), total);
      if (dweight) store(fused(product, splat(scale), load(dweight + i, left)), dweight + i, left);
    }
    const float common = sum(total) * scale * scale * scale / size;
    for (ptrdiff_t i = 0; i < size; i += 16) {
      const ptrdiff_t left = size - i;
      const Lanes direct = load(dy + i, left) * load(weight + i, left);
      const Lanes sum = fused(direct, splat(scale), load(dx + i, left));
      store(fused(load(x + i, left), splat(-common), sum), dx + i, left);
    }
  }
}

static void adam(
    const float *gradient, float *first, float *second, float *weights, ptrdiff_t count,
    const struct kernels_adam *settings) {
  const struct kernels_adam s = *settings;
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const ptrdiff_t left = count - i;
    const Lanes slope = load(gradient + i, left) * s.scale;
    const Lanes mean = fused(load(first + i, left), splat(s.beta1), slope * (1 - s.beta1));
    const Lanes square = fused(load(second + i, left), splat(s.beta2), slope * slope * (1 - s.beta2));
    store(mean, first + i, left);
    store(square, second + i, left);
    const Lanes deviation = fused(__builtin_elementwise_sqrt(square), splat(s.inverse), splat(s.epsilon));
    store(fused(mean / deviation, splat(-s.rate), load(weights + i, left) * s.decay), weights + i, left);
  }
}
