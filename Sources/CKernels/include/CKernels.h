#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The innermost loops, in AVX2: Swift cannot ask for that in single functions of a package that is built for any x86-64.

// MARK: Products
// A panel is 16 columns of a matrix, (inner x 16): the 16 floats that one step of the sum needs lie side by side.

enum { kernels_panel_width = 16 };

/// Whether this processor can run the products.
bool kernels_supported(void);

/// Writes `columns` (1 to 16) rows of `w`, (columns x inner), as a panel; columns that are missing may hold anything.
void kernels_pack(const float *w, ptrdiff_t inner, ptrdiff_t columns, float *panel);

/// C (rows x columns, in rows of `stride`) = or += A (rows x inner) times panels that lie one after the other, the
/// last of which may be of fewer columns. An element's bits depend on its row and its column alone.
void kernels_multiply(
    const float *a, ptrdiff_t rows, ptrdiff_t inner, const float *panels, float *c, ptrdiff_t columns,
    ptrdiff_t stride, bool adding);

/// The same bits for one to three rows and a matrix as it is, (columns x inner): as fast as memory gives it, where it is
/// used only once.
void kernels_multiply_unpacked(
    const float *a, ptrdiff_t rows, ptrdiff_t inner, const float *w, float *c, ptrdiff_t columns, ptrdiff_t stride,
    bool adding);

// MARK: Loops
// On any processor, and with the same bits on all: each has one order of summation, in eight lanes. Counts and widths are
// multiples of eight, but for counts of rows.

/// Whether the loops may use AVX2 where there is some; they may, unless a test says otherwise.
void kernels_use_avx2(bool may);

/// y = e to the (x - shift).
void kernels_exp(const float *x, float shift, float *y, ptrdiff_t count);

/// y = silu(gate) up, with silu(x) = x / (1 + e to the -x).
void kernels_swiglu(const float *gate, const float *up, float *y, ptrdiff_t count);
void kernels_swiglu_backward(
    const float *dy, const float *gate, const float *up, float *dgate, float *dup, ptrdiff_t count);

/// x = softmax(x). Backward, ds is the gradient of p = softmax(s / scale), and becomes that of s.
void kernels_softmax(float *x, ptrdiff_t count);
void kernels_softmax_backward(const float *p, float *ds, float scale, ptrdiff_t count);

/// y[r] = scale times the product of x and row r, each of `width`. Rows are taken four at a time: up to three more are
/// read, and as many results more written.
void kernels_dots(
    const float *x, const float *rows, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t width, float scale, float *y);

/// y = the sum of weights[r] times row r, in order. Rows lie in pages, at `offset` from where each begins.
void kernels_combine(
    const float *_Nonnull const *_Nonnull pages, ptrdiff_t page_size, ptrdiff_t offset, ptrdiff_t stride,
    const float *weights, ptrdiff_t count, ptrdiff_t width, float *y);

/// y += the sum of weights[r * distance] times row r, in order.
void kernels_gather(
    const float *rows, ptrdiff_t stride, const float *weights, ptrdiff_t distance, ptrdiff_t count, ptrdiff_t width,
    float *y);

// MARK: Waiting

/// A moment in a loop that looks for something: tells the processor so.
static inline void kernels_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

#pragma clang assume_nonnull end
