/* Inputs of tiny, and the outputs that they must give. */
#ifndef TINY_RECORDED_H
#define TINY_RECORDED_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the constants are stored in little-endian order"
#endif

struct tiny_recorded {
  _Alignas(64) float in_image[56];
  _Alignas(64) float out_probability[112];
};

_Static_assert(sizeof(struct tiny_recorded) == 704, "the constants lie as the struct does");

extern const struct tiny_recorded tiny_recorded;

#endif
