#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The innermost loops. Swift cannot ask for an instruction set in single functions of a package that is built for any
// x86-64, so they are C, in one text that is compiled for each instruction set and gives the same bits on all.
//
// Sums are of two kinds. A product's element is one chain of fused multiply-adds in order. Everything else is summed in
// sixteen lanes, number i in lane i mod 16, and the lanes in a fixed tree: each to the one eight away, then four, two, one.

/// The columns of a panel. A panel is sixteen columns of a matrix side by side, (inner x 16).
enum { kernels_panel_width = 16 };

/// What a product does with the numbers that C already holds.
enum kernels_mode {
  /// C = A B, each element a chain that begins at zero; the chain is cut into parts of 320, which are added in order.
  kernels_write,
  /// C += A B, the product as above.
  kernels_add,
  /// Each chain begins at what is there and is never cut: a sum over one stretch after another. Its end is never -0.
  kernels_continue
};

/// Keys and values of consecutive positions, for attention, of several heads.
struct kernels_piece {
  /// The first position, and how many.
  ptrdiff_t first, count;
  /// Keys are panels: (heads; count / 16, rounded up; dimension; 16). Values are rows: (count; heads; dimension), `value_row`
  /// floats apart.
  const float *keys, *values;
};

/// The settings of one step of AdamW. The gradient is multiplied by `scale`, and the weights by `decay`; `inverse` is
/// 1 / sqrt(1 - beta2^t).
struct kernels_adam {
  float scale, beta1, beta2, epsilon, rate, inverse, decay;
};

/// All functions for one instruction set.
struct kernels {
  const char *name;

  /// The product of A, (rows x inner), its rows `row` and its columns `step` floats apart, with a matrix by its panels:
  /// these are `panel` floats apart, and their rows `depth`. Whole panels are read, whatever is in columns past the last.
  /// C is (rows x columns), its rows `stride` floats apart. An element's bits depend on its row and its column alone.
  void (*multiply)(
      const float *a, ptrdiff_t row, ptrdiff_t step, ptrdiff_t rows, ptrdiff_t inner, const float *b, ptrdiff_t panel,
      ptrdiff_t depth, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode);

  /// Writes the transposed matrix `w`, (columns x inner) in rows of `stride`, as panels one after the other; columns that
  /// are missing in the last may hold anything.
  void (*pack)(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, float *panels);

  /// Attention of some queries with one head of keys and values: y = softmax(scale q Kᵀ) V. Queries, and results, lie `row`
  /// floats apart. The first query sees `seen` positions, and each next query sees `growth` more. The softmax of each query goes
  /// to a row of p, with zeros up to the row's end. `stride` is at least the number of positions that the last query sees,
  /// rounded up to a multiple of 16, plus 16.
  void (*attend)(
      const struct kernels_piece *pieces, ptrdiff_t count, ptrdiff_t head, ptrdiff_t dimension, ptrdiff_t value_row,
      const float *q, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t seen, ptrdiff_t growth, float scale, float *p,
      ptrdiff_t stride, float *y);

  /// y = e to the x.
  void (*exponentials)(const float *x, float *y, ptrdiff_t count);

  /// y = softmax(x), which may be the same; returns the sum of e to the (x - top). `count` is a multiple of 16.
  float (*softmax)(const float *x, float *y, ptrdiff_t count, float *top);
  /// `ds` holds the gradient of p = softmax(scale s); the function replaces it by the gradient of s. `count` is a multiple of
  /// 16.
  void (*softmax_backward)(const float *p, float *ds, float scale, ptrdiff_t count);

  /// y = silu(gate) up, with silu(x) = x / (1 + e to the -x). Source: Shazeer, "GLU Variants Improve Transformer" (arXiv
  /// 2002.05202), equation 6.
  void (*swiglu)(const float *gate, const float *up, float *y, ptrdiff_t count);
  void (*swiglu_backward)(
      const float *dy, const float *gate, const float *up, float *dgate, float *dup, ptrdiff_t count);

  /// y = x / sqrt(mean(x²) + epsilon) weight, for each of `rows` rows; what x was multiplied by goes to `inverse`. Source:
  /// Zhang and Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019), equation 4.
  void (*norm)(
      const float *x, const float *weight, float *y, float *inverse, ptrdiff_t rows, ptrdiff_t size, float epsilon);
  /// Adds to dx, and to dweight unless it is null.
  void (*norm_backward)(
      const float *dy, const float *x, const float *weight, const float *inverse, float *dx, float *_Nullable dweight,
      ptrdiff_t rows, ptrdiff_t size);

  /// Takes one step of AdamW, from `count` numbers of the gradient, on as many moments and weights.
  void (*adam)(
      const float *gradient, float *first, float *second, float *weights, ptrdiff_t count,
      const struct kernels_adam *settings);
};

/// The functions in use: for the widest instruction set that this processor has, unless others were chosen.
const struct kernels *kernels_current(void);

/// The functions for `scalar`, `avx2` or `avx512`; null if the name is none of these or the processor lacks what they need.
const struct kernels *_Nullable kernels_named(const char *name);

/// Makes `chosen` the functions in use: another speed, the same bits.
void kernels_choose(const struct kernels *chosen);

// MARK: Waiting

/// A moment in a loop that looks for something: tells the processor so.
static inline void kernels_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

#pragma clang assume_nonnull end
