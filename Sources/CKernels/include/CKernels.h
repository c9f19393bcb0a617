#pragma once
#include <stdbool.h>
#include <stddef.h>

// Products in AVX2 and fused multiply-add, which Swift cannot ask for in one function of a package that is built for any
// x86-64. Everything else is Swift.
//
// A panel is 16 columns of a matrix, (inner x 16): the 16 floats that one step of the sum needs lie side by side.

enum { kernels_panel_width = 16 };

/// Whether this processor can run what follows.
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
