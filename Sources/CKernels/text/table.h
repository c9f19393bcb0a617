// The functions of one instruction set. TABLE is the name of their table, and NAME is the user's name for it.
#include "vectors.h"

#include "products.h"

#include "frozen.h"

#include "loops.h"

const struct kernels TABLE = {
    NAME, multiply, pack, attend, exponentials, softmax, softmax_backward, swiglu, swiglu_backward,
    norm, norm_backward, adam, multiply_frozen, freeze, thaw, thaw_across, thaw_column};
