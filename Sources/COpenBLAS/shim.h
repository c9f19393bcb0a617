#pragma once
#include <cblas.h>

// Exported by OpenBLAS builds with DYNAMIC_ARCH, but in no header: they choose the kernel again
// after OPENBLAS_CORETYPE has changed. Call them before any other BLAS call.
extern void gotoblas_dynamic_init(void);
extern void gotoblas_dynamic_quit(void);
