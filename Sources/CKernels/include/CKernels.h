#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The innermost loops. They are C, because Swift cannot ask for an instruction set in single functions of a package
// that is built for any x86-64. One text is compiled for each instruction set, and gives the same bits with all.
//
// There are three kinds of sums. An element of a product in bfloat16 has blocks (`multiply_bf16`), and there are texts of their own
// for instructions that compute these. Any other product's element is one chain of fused multiply-adds, in order. Every other sum uses
// sixteen lanes, number i in lane i mod 16. The lanes are then added in a fixed tree: each to the one eight away, then
// four, two, one.

/// The number of columns of a panel. A panel is sixteen columns of a matrix side by side, (inner x 16).
enum { kernels_panel_width = 16 };

// Frozen matrices are stored in fewer bits than 32 a number. Columns lie in groups of 64, side by side, so that a product of few
// rows reads memory in one stream, and has sums enough that one is computed while another waits; columns that are missing in
// the last group are zero. A column has blocks of 32 numbers. The transposed matrix is meant where a column has blocks,
// because a linear layer's weights are stored as (columns x inner).
//
// In ggml's Q8_0, the 32 numbers of a block are whole numbers of -127 to 127, times a scale that float16 holds. A block of a group
// has the scales of its columns, as floats, and then (32 x 64) bytes. The last rows may be fewer.
//
// In bfloat16, a block of a group has four panels of (16 x 16) words. Number i and number i + 16 of a column's block are the
// lower and the upper half of a word. Rows are padded with zeros to whole blocks.
enum { kernels_group_width = 64, kernels_block_depth = 32 };

/// The use that a product makes of the numbers that C already holds.
enum kernels_mode {
  /// C = A B. Each element is a chain that begins at zero; it is cut into parts of 320, which are added in order.
  kernels_write,
  /// C += A B, with the product as above.
  kernels_add,
  /// Each chain begins at the number that C holds and is never cut, so a sum can go on over several calls. The result is
  /// never -0.
  kernels_continue
};

/// Keys and values of consecutive positions, of several heads, for attention.
struct kernels_piece {
  /// The first position, and the number of positions.
  ptrdiff_t first, count;
  /// Keys are panels: (heads; count / 16, rounded up; dimension; 16). Values are rows: (count; heads; dimension),
  /// `value_row` floats apart.
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

  /// Multiplies A, (rows x inner), with a matrix of panels. A's rows are `row` floats apart, and its columns `step`. The
  /// panels are `panel` floats apart, and their rows `depth`. Whole panels are read; columns past the last may hold
  /// anything. C is (rows x columns), and its rows are `stride` floats apart. An element's bits depend only on its row
  /// and its column.
  void (*multiply)(
      const float *a, ptrdiff_t row, ptrdiff_t step, ptrdiff_t rows, ptrdiff_t inner, const float *b, ptrdiff_t panel,
      ptrdiff_t depth, float *c, ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode);

  /// Writes the transposed matrix `w`, (columns x inner) with rows `stride` floats apart, as panels one after another.
  /// Missing columns of the last panel may hold anything.
  void (*pack)(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, float *panels);

  /// Computes the attention of some queries with one head of keys and values: y = softmax(scale q Kᵀ) V. Queries are
  /// `row` floats apart, and so are results. The first query sees `seen` positions, and each next query sees `growth`
  /// more. The softmax of each query goes to a row of p, with zeros up to the row's end. `stride` is at least the number
  /// of positions that the last query sees, rounded up to a multiple of 16, plus 16. Without y, only the softmax is
  /// computed.
  void (*attend)(
      const struct kernels_piece *pieces, ptrdiff_t count, ptrdiff_t head, ptrdiff_t dimension, ptrdiff_t value_row,
      const float *q, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t seen, ptrdiff_t growth, float scale, float *p,
      ptrdiff_t stride, float *_Nullable y);

  /// Computes y = e to the x.
  void (*exponentials)(const float *x, float *y, ptrdiff_t count);

  /// Computes y = softmax(x); y may be x. Returns the sum of e to the (x - top). `count` is a multiple of 16.
  float (*softmax)(const float *x, float *y, ptrdiff_t count, float *top);
  /// Computes the gradient of s from that of p = softmax(scale s), which `ds` holds, and writes it to `ds`. `count` is a
  /// multiple of 16.
  void (*softmax_backward)(const float *p, float *ds, float scale, ptrdiff_t count);

  /// Computes y = silu(gate) up, with silu(x) = x / (1 + e to the -x).
  /// Source: Shazeer, "GLU Variants Improve Transformer" (arXiv 2002.05202), equation 6.
  void (*swiglu)(const float *gate, const float *up, float *y, ptrdiff_t count);
  void (*swiglu_backward)(
      const float *dy, const float *gate, const float *up, float *dgate, float *dup, ptrdiff_t count);

  /// Computes y = x / sqrt(mean(x²) + epsilon) weight for each of `rows` rows, and writes the factor of x to `inverse`.
  /// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019), equation 4.
  void (*norm)(
      const float *x, const float *weight, float *y, float *inverse, ptrdiff_t rows, ptrdiff_t size, float epsilon);
  /// Adds the gradients to dx, and to dweight unless it is null.
  void (*norm_backward)(
      const float *dy, const float *x, const float *weight, const float *inverse, float *dx, float *_Nullable dweight,
      ptrdiff_t rows, ptrdiff_t size);

  /// Takes one step of AdamW with `count` numbers of the gradient, and as many moments and weights.
  void (*adam)(
      const float *gradient, float *first, float *second, float *weights, ptrdiff_t count,
      const struct kernels_adam *settings);

  /// Multiplies A, (rows x inner) with rows `row` floats apart, with a matrix in Q8_0, (inner x columns). C is as for
  /// `multiply`, and the bits are those of `multiply` with the numbers that the matrix stands for. The mode is not
  /// `kernels_continue`. It is made for few rows, because each tile of rows widens all numbers.
  void (*multiply_q8)(
      const float *a, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t inner, const void *groups, float *c, ptrdiff_t columns,
      ptrdiff_t stride, enum kernels_mode mode);
  /// Stores the transposed matrix `w`, (columns x inner) with rows `stride` floats apart, in Q8_0. All numbers are finite.
  /// They are rounded to nearest; what is too large for the format becomes its greatest finite number. Numbers that were
  /// stored before stay as they are.
  void (*freeze_q8)(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, void *groups);
  /// Writes columns from `first` on, a multiple of 16, as panels of floats.
  void (*thaw_q8)(const void *groups, ptrdiff_t first, ptrdiff_t columns, ptrdiff_t inner, float *panels);
  /// Writes rows `first` to `first` + 15 of the matrix as one panel of its transposed, (columns x 16). `first` is a
  /// multiple of 16. Rows past the last are zero.
  void (*turn_q8)(const void *groups, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t first, float *panel);
  /// Writes one column, which has `inner` numbers.
  void (*thaw_column_q8)(const void *groups, ptrdiff_t column, ptrdiff_t inner, float *numbers);

  /// Rounds rows of A, which are `row` floats apart and have `inner` numbers, to bfloat16, to nearest and to even, as rows from
  /// `first` on of what `multiply_bf16` of the same table reads. Numbers that are denormal before become zero. All of
  /// `rounded` takes at most 4 bytes a number, with the number of rows rounded up to a multiple of 16 and `inner` to one of 32.
  void (*round_bf16)(
      const float *a, ptrdiff_t row, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t inner, void *rounded);
  /// Multiplies rounded rows, from `first` on, a multiple of 16, with a matrix in bfloat16, (inner x columns). C, which begins
  /// with row `first`, is as for `multiply`. A sum has blocks of 32 terms, and a block two chains of sixteen fused
  /// multiply-adds, each from zero. They are added, and the result is added to the sum. Whatever is read, or comes out of an
  /// operation, is zero in place of a denormal number. Which NaN comes out is not defined. The mode is not `kernels_continue`.
  void (*multiply_bf16)(
      const void *rounded, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t inner, const void *groups, float *c,
      ptrdiff_t columns, ptrdiff_t stride, enum kernels_mode mode);
  /// Stores the transposed matrix `w`, as `freeze_q8` does, in bfloat16. Denormal numbers become zero.
  void (*freeze_bf16)(const float *w, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t stride, void *groups);
  /// Writes rows `first` to `first` + 63 of the matrix as one group of its transposed. `first` is a multiple of 64. Rows
  /// past the last may hold anything.
  void (*turn_bf16)(const void *groups, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t first, void *group);
  /// Writes one column, which has `inner` numbers.
  void (*thaw_column_bf16)(const void *groups, ptrdiff_t column, ptrdiff_t inner, float *numbers);
};

/// Returns the functions in use: those of the widest instruction set that this processor has, or chosen ones. On other
/// processors than AMD's `avx512bf16` has to be chosen, because on Intel's it is slower than `avx512`.
const struct kernels *kernels_current(void);

/// Returns the functions for `scalar`, `avx2`, `avx512`, `avx512bf16` or `amx`; null for other names, and if the processor
/// lacks instructions or the system does not allow them.
const struct kernels *_Nullable kernels_named(const char *name);

/// Makes `chosen` the functions in use. The speed changes, and the bits do not.
void kernels_choose(const struct kernels *chosen);

// MARK: Waiting

/// Tells the processor that this is a loop which waits for another thread.
static inline void kernels_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

#pragma clang assume_nonnull end
