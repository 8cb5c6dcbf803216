/* The constants of tiny. */
#ifndef TINY_WEIGHTS_H
#define TINY_WEIGHTS_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the constants are stored in little-endian order"
#endif

struct tiny_weights {
  _Alignas(64) float v_b[4];
  _Alignas(64) int32_t v_c_starts[2];
  _Alignas(64) float v_c_weights[8];
};

_Static_assert(sizeof(struct tiny_weights) == 192, "the constants lie as the struct does");

extern const struct tiny_weights tiny_weights;

#endif
