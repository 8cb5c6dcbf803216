/* Half precision, as CUDA's header of this name has it. */
#pragma once
#include "shim/narrow.h"

CUDA_SHIM_NARROW(__half, __half2, toHalf, fromHalf, __float2half, __half2float, __float22half2_rn, __floats2half2_rn,
                 __half22float2, __float2half2_rn, __halves2half2, half, __half2half2)
using half = __half;
using half2 = __half2;

static inline __half __ushort_as_half(unsigned short bits) {
  __half h;
  h.bits = bits;
  return h;
}
static inline unsigned short __half_as_ushort(__half h) { return h.bits; }
