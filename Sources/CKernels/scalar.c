#include "CKernels.h"

#include <string.h>

#define TABLE kernels_scalar
#define NAME "scalar"
#include "text/table.h"
