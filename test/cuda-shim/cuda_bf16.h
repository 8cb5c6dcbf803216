/* Brain floating point, as CUDA's header of this name has it. */
#pragma once
#include "shim/narrow.h"

CUDA_SHIM_NARROW(__nv_bfloat16, __nv_bfloat162, toBrain, fromBrain, __float2bfloat16, __bfloat162float, __float22bfloat162_rn,
                 __floats2bfloat162_rn, __bfloat1622float2, __float2bfloat162_rn, __halves2bfloat162, bfloat16,
                 __bfloat162bfloat162)

static inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) {
  __nv_bfloat16 h;
  h.bits = bits;
  return h;
}
static inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 h) { return h.bits; }
