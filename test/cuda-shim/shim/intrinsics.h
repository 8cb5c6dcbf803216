/* Functions of the device, as far as generated code calls them. Fast ones are as exact here as the host's own. */
#pragma once
#include <math.h>

#include "types.h"

template <class T>
static inline T __ldg(const T *p) { return *p; }
template <class T>
static inline T __ldcs(const T *p) { return *p; }
template <class T>
static inline T __ldcg(const T *p) { return *p; }
template <class T>
static inline void __stcs(T *p, T value) { *p = value; }
template <class T>
static inline void __stcg(T *p, T value) { *p = value; }

#define CUDA_SHIM_LEAST(T)                                  \
  static inline T min(T a, T b) { return b < a ? b : a; } \
  static inline T max(T a, T b) { return a < b ? b : a; }
CUDA_SHIM_LEAST(int)
CUDA_SHIM_LEAST(unsigned)
CUDA_SHIM_LEAST(long)
CUDA_SHIM_LEAST(unsigned long)
CUDA_SHIM_LEAST(long long)
CUDA_SHIM_LEAST(unsigned long long)
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }

static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __frcp_rn(float a) { return 1.0f / a; }
static inline float __fsqrt_rn(float a) { return sqrtf(a); }
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __saturatef(float a) { return a > 0.0f ? (a < 1.0f ? a : 1.0f) : 0.0f; }
static inline float rsqrtf(float a) { return 1.0f / sqrtf(a); }
static inline float __frsqrt_rn(float a) { return static_cast<float>(1.0 / sqrt(static_cast<double>(a))); }
/* The C library keeps these names for itself. */
#define __expf(x) expf(x)
#define __exp2f(x) exp2f(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __tanhf(x) tanhf(x)
#define __powf(x, y) powf(x, y)

template <class To, class From>
static inline To cudaShimBits(From from) {
  static_assert(sizeof(To) == sizeof(From), "as many bits");
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}
static inline int __float_as_int(float x) { return cudaShimBits<int>(x); }
static inline unsigned __float_as_uint(float x) { return cudaShimBits<unsigned>(x); }
static inline float __int_as_float(int x) { return cudaShimBits<float>(x); }
static inline float __uint_as_float(unsigned x) { return cudaShimBits<float>(x); }

/* Conversions to whole numbers stay within them, and make 0 of NaN. */
static inline int cudaShimWhole(double x) {
  return x != x ? 0 : x >= 2147483647.0 ? 2147483647 : x <= -2147483648.0 ? -2147483647 - 1 : static_cast<int>(x);
}
static inline int __float2int_rn(float x) { return cudaShimWhole(nearbyint(static_cast<double>(x))); }
static inline int __float2int_rz(float x) { return cudaShimWhole(trunc(static_cast<double>(x))); }
static inline int __float2int_rd(float x) { return cudaShimWhole(floor(static_cast<double>(x))); }
static inline int __float2int_ru(float x) { return cudaShimWhole(ceil(static_cast<double>(x))); }
static inline float __int2float_rn(int x) { return static_cast<float>(x); }
static inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }

static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline unsigned __brev(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; i++) r |= (x >> i & 1u) << (31 - i);
  return r;
}
static inline int __mulhi(int a, int b) { return static_cast<int>((1ll * a * b) >> 32); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((1ull * a * b) >> 32); }
static inline unsigned __byte_perm(unsigned x, unsigned y, unsigned which) {
  const unsigned long long both = static_cast<unsigned long long>(y) << 32 | x;
  unsigned r = 0;
  for (int i = 0; i < 4; i++) {
    const unsigned pick = which >> (4 * i), byte = static_cast<unsigned>(both >> (8 * (pick & 7))) & 255u;
    r |= (pick & 8 ? (byte & 128 ? 255u : 0u) : byte) << (8 * i);
  }
  return r;
}
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned by) {
  return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) >> (by & 31));
}
static inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 32; i += 8) c += static_cast<signed char>(a >> i) * static_cast<signed char>(b >> i);
  return c;
}

#if defined(__SANITIZE_THREAD__)
/* A sanitizer of races knows no fences, and what meets in one number is ordered. */
inline unsigned cudaShimFence;
static inline void __threadfence() { __atomic_fetch_add(&cudaShimFence, 0u, __ATOMIC_SEQ_CST); }
#else
static inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
#endif
static inline void __threadfence_block() { __threadfence(); }
static inline void __nanosleep(unsigned) {}
[[noreturn]] static inline void __trap() { __builtin_trap(); }

template <class T, class Change>
static inline T cudaShimAtomic(T *p, Change change) {
  T before, after;
  __atomic_load(p, &before, __ATOMIC_SEQ_CST);
  do after = change(before);
  while (!__atomic_compare_exchange(p, &before, &after, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return before;
}
template <class T>
static inline T atomicAdd(T *p, T x) { return cudaShimAtomic(p, [x](T v) { return static_cast<T>(v + x); }); }
template <class T>
static inline T atomicSub(T *p, T x) { return cudaShimAtomic(p, [x](T v) { return static_cast<T>(v - x); }); }
template <class T>
static inline T atomicMin(T *p, T x) { return cudaShimAtomic(p, [x](T v) { return x < v ? x : v; }); }
template <class T>
static inline T atomicMax(T *p, T x) { return cudaShimAtomic(p, [x](T v) { return v < x ? x : v; }); }
template <class T>
static inline T atomicOr(T *p, T x) { return cudaShimAtomic(p, [x](T v) { return v | x; }); }
template <class T>
static inline T atomicAnd(T *p, T x) { return cudaShimAtomic(p, [x](T v) { return v & x; }); }
template <class T>
static inline T atomicExch(T *p, T x) { return cudaShimAtomic(p, [x](T) { return x; }); }
template <class T>
static inline T atomicCAS(T *p, T old, T x) { return cudaShimAtomic(p, [old, x](T v) { return v == old ? x : v; }); }
/* Counts up to `most` and begins again. */
static inline unsigned atomicInc(unsigned *p, unsigned most) {
  return cudaShimAtomic(p, [most](unsigned v) { return v >= most ? 0u : v + 1u; });
}
