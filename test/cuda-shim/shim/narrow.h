/* Numbers of 16 bits, rounded to the nearest, ties to even. */
#pragma once
#include <math.h>

#include "intrinsics.h"

namespace cuda_shim {

inline float fromHalf(unsigned short h) {
  const unsigned sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31u, fraction = h & 1023u;
  if (exponent == 31) return cudaShimBits<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent) return cudaShimBits<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -small : small;
}

inline unsigned short toHalf(float value) {
  const unsigned x = cudaShimBits<unsigned>(value), sign = x >> 16 & 0x8000u, magnitude = x & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0x7fff;
  if (magnitude >= 0x477ff000u) return static_cast<unsigned short>(sign | 0x7c00u);
  if (magnitude < 0x38800000u) {
    // Added to a number whose last place is that of the least half, it is rounded there.
    const float steps = fabsf(value) + 0.5f;
    return static_cast<unsigned short>(sign | (cudaShimBits<unsigned>(steps) - cudaShimBits<unsigned>(0.5f)));
  }
  return static_cast<unsigned short>(sign | (magnitude + 0xfff + (magnitude >> 13 & 1u) - 0x38000000u) >> 13);
}

inline float fromBrain(unsigned short h) { return cudaShimBits<float>(static_cast<unsigned>(h) << 16); }

inline unsigned short toBrain(float value) {
  const unsigned x = cudaShimBits<unsigned>(value);
  if ((x & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<unsigned short>((x + 0x7fff + (x >> 16 & 1u)) >> 16);
}

/* a·b + c with one bit that says whether anything was lost, so that what rounds it to less rounds once. */
inline float fusedToOdd(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b), addend = static_cast<double>(c);
  double sum = product + addend;
  const double other = sum - product, lost = (product - (sum - other)) + (addend - other);
  unsigned long long bits = cudaShimBits<unsigned long long>(sum);
  if (lost != 0 && !(bits & 1)) {
    bits += (lost > 0) == (sum > 0) ? 1 : -1ull;
    sum = cudaShimBits<double>(bits);
  }
  float rounded = static_cast<float>(sum);
  if (static_cast<double>(rounded) == sum || isnan(rounded) || isinf(rounded)) return rounded;
  // Towards zero, and odd.
  unsigned word = cudaShimBits<unsigned>(rounded);
  if (fabs(static_cast<double>(rounded)) > fabs(sum)) word--;
  return cudaShimBits<float>(word | 1u);
}

}  // namespace cuda_shim

/* The type of one number and of two, and what CUDA calls the functions of them. */
#define CUDA_SHIM_NARROW(one, two, toBits, fromBits, floatTo, toFloat, floatTo2, floatsTo2, toFloat2, splat, pair, own, ones) \
  struct alignas(2) one {                                                                                        \
    unsigned short bits;                                                                                         \
    one() = default;                                                                                             \
    one(float x) : bits(cuda_shim::toBits(x)) {}                                                                 \
    operator float() const { return cuda_shim::fromBits(bits); }                                                 \
  };                                                                                                             \
  struct alignas(4) two {                                                                                        \
    one x, y;                                                                                                    \
    two() = default;                                                                                             \
    two(one a, one b) : x(a), y(b) {}                                                                            \
  };                                                                                                             \
  static inline one floatTo(float x) { return one(x); }                                                          \
  static inline one floatTo##_rn(float x) { return one(x); }                                                     \
  static inline float toFloat(one x) { return static_cast<float>(x); }                                           \
  static inline two floatTo2(float2 v) { return {one(v.x), one(v.y)}; }                                          \
  static inline two floatsTo2(float a, float b) { return {one(a), one(b)}; }                                     \
  static inline two splat(float a) { return {one(a), one(a)}; }                                                  \
  static inline float2 toFloat2(two v) { return {static_cast<float>(v.x), static_cast<float>(v.y)}; }            \
  static inline two ones(one a) { return {a, a}; }                                                               \
  static inline two pair(one a, one b) { return {a, b}; }                                                        \
  static inline one __hadd(one a, one b) { return one(static_cast<float>(a) + static_cast<float>(b)); }          \
  static inline one __hsub(one a, one b) { return one(static_cast<float>(a) - static_cast<float>(b)); }          \
  static inline one __hmul(one a, one b) { return one(static_cast<float>(a) * static_cast<float>(b)); }          \
  static inline one __hdiv(one a, one b) { return one(static_cast<float>(a) / static_cast<float>(b)); }          \
  static inline one __hfma(one a, one b, one c) { return one(cuda_shim::fusedToOdd(a, b, c)); }                  \
  static inline one __hneg(one a) { return one(-static_cast<float>(a)); }                                        \
  static inline one __hmax(one a, one b) { return one(fmaxf(a, b)); }                                            \
  static inline one __hmin(one a, one b) { return one(fminf(a, b)); }                                            \
  static inline bool __hgt(one a, one b) { return static_cast<float>(a) > static_cast<float>(b); }               \
  static inline bool __hlt(one a, one b) { return static_cast<float>(a) < static_cast<float>(b); }               \
  static inline two __hadd2(two a, two b) { return {__hadd(a.x, b.x), __hadd(a.y, b.y)}; }                       \
  static inline two __hsub2(two a, two b) { return {__hsub(a.x, b.x), __hsub(a.y, b.y)}; }                       \
  static inline two __hmul2(two a, two b) { return {__hmul(a.x, b.x), __hmul(a.y, b.y)}; }                       \
  static inline two __hfma2(two a, two b, two c) { return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)}; }      \
  static inline two __hmax2(two a, two b) { return {__hmax(a.x, b.x), __hmax(a.y, b.y)}; }                       \
  static inline two __hmin2(two a, two b) { return {__hmin(a.x, b.x), __hmin(a.y, b.y)}; }                       \
  static inline one __hmax_nan(one a, one b) { return isnan(static_cast<float>(a)) ? a : isnan(static_cast<float>(b)) ? b : __hmax(a, b); } \
  static inline one __hmin_nan(one a, one b) { return isnan(static_cast<float>(a)) ? a : isnan(static_cast<float>(b)) ? b : __hmin(a, b); } \
  static inline two __hmax2_nan(two a, two b) { return {__hmax_nan(a.x, b.x), __hmax_nan(a.y, b.y)}; }           \
  static inline two __hmin2_nan(two a, two b) { return {__hmin_nan(a.x, b.x), __hmin_nan(a.y, b.y)}; }           \
  static inline one __low2##own(two v) { return v.x; }                                                           \
  static inline one __high2##own(two v) { return v.y; }                                                          \
  static inline float __low2float(two v) { return static_cast<float>(v.x); }                                     \
  static inline float __high2float(two v) { return static_cast<float>(v.y); }
