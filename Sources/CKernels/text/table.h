// The functions of one instruction set. TABLE is the name of their table, and NAME is the user's name for it.
#include "vectors.h"

#include "products.h"

#include "q8.h"

#include "bfloat16.h"

#include "bfloat16_floats.h"

#include "loops.h"

// The functions with a kind of products in bfloat16.
#define TABLE_WITH(name, kind)                                                                              \
  {                                                                                                         \
    name, multiply, pack, attend, exponentials, softmax, softmax_backward, swiglu, swiglu_backward, norm,   \
        norm_backward, adam, multiply_q8, freeze_q8, thaw_q8, turn_q8, thaw_column_q8, round_##kind,        \
        multiply_bf16_##kind, freeze_bf16, turn_bf16, thaw_column_bf16                                      \
  }

const struct kernels TABLE = TABLE_WITH(NAME, floats);
