#pragma once
#include <cblas.h>

// Exported by OpenBLAS builds with DYNAMIC_ARCH, but in no header: they choose the kernel again
// after OPENBLAS_CORETYPE has changed. Call them before any other BLAS call.
extern void gotoblas_dynamic_init(void);
extern void gotoblas_dynamic_quit(void);

// Ends the threads that OpenBLAS starts when it is loaded: they turn for a tenth of a second before they sleep.
extern int blas_thread_shutdown_(void);
