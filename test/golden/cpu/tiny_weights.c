/* The constants of tiny. */
#include "tiny_weights.h"

const struct tiny_weights tiny_weights = {
  .v_b = {
    0.0f, 1.0f, -1.0f, 2.0f,
  },
  .v_c_starts = {
    0, 0,
  },
  .v_c_weights = {
    0.0f, 0.5f, 0.0f, -2.0f, 1.0f, 0.0f, 0.0f, 0.25f,
  },
};
