/* Vector types and the words of the language, as CUDA C++ has them. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define __global__
#define __device__
#define __host__
#define __constant__ static
/* One block runs at a time, so what is local to this thread of the host is local to the block. It goes with `extern` as well. */
#if defined(__SANITIZE_ADDRESS__)
/* Behind each variable is room, since none has 64 KiB: nvcc allows 48. */
#define __shared__ thread_local __attribute__((aligned(65536)))
#else
#define __shared__ thread_local
#endif
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
#define __grid_constant__
#define __maxnreg__(...)
/* Launches find what is said of a kernel by where its code lies. */
#define __cluster_dims__(x, y, z) __attribute__((section("cuda_shim_cluster_" #x "_" #y "_" #z)))

#define CUDA_SHIM_VECTOR(T, name, a2, a4)                                                      \
  struct name##1 { T x; };                                                                     \
  struct alignas(a2) name##2 { T x, y; };                                                      \
  struct name##3 { T x, y, z; };                                                               \
  struct alignas(a4) name##4 { T x, y, z, w; };                                                \
  [[maybe_unused]] static inline name##1 make_##name##1(T x) { return {x}; }                    \
  [[maybe_unused]] static inline name##2 make_##name##2(T x, T y) { return {x, y}; }            \
  [[maybe_unused]] static inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }    \
  [[maybe_unused]] static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

CUDA_SHIM_VECTOR(signed char, char, 2, 4)
CUDA_SHIM_VECTOR(unsigned char, uchar, 2, 4)
CUDA_SHIM_VECTOR(short, short, 4, 8)
CUDA_SHIM_VECTOR(unsigned short, ushort, 4, 8)
CUDA_SHIM_VECTOR(int, int, 8, 16)
CUDA_SHIM_VECTOR(unsigned, uint, 8, 16)
CUDA_SHIM_VECTOR(long long, longlong, 16, 16)
CUDA_SHIM_VECTOR(unsigned long long, ulonglong, 16, 16)
CUDA_SHIM_VECTOR(float, float, 8, 16)
CUDA_SHIM_VECTOR(double, double, 16, 16)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};

inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
static constexpr int warpSize = 32;
