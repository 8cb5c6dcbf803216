/* Where numbers lie for products of warpgroups, by the formulas of the PTX ISA; one of them wrong if `broken` says so. */
#pragma once
#include <stddef.h>

inline int broken = 0;

/* "Strides", K-major, 128B swizzling: Swizzle<3, 4, 3> of ((8, m), (8, 2k)) : ((64, SBO), (1, 8)); every 64 numbers of depth are a matrix. */
inline size_t placeOf(int rows, int row, int k) {
  const int in_matrix = k % 64, linear = row / 8 * 512 + row % 8 * 64 + in_matrix;
  const int swizzled = broken == 1 ? linear : linear ^ (linear >> 6 & 7) << 3;
  return static_cast<size_t>(k / 64 * rows * 64 + swizzled);
}

/* "Register fragments", accumulator D: d[i] of a thread. */
inline int rowOf(int thread, int i) {
  const int lane = thread % 32, high = broken == 2 ? i % 2 : i / 2 % 2;
  return thread / 32 * 16 + lane / 4 + 8 * high;
}
inline int columnOf(int thread, int i) {
  const int within = broken == 2 ? i / 2 % 2 : i % 2;
  return i / 4 * 8 + thread % 4 * 2 + within;
}

/* "Sparse WGMMA .m64nNk32 metadata layout for .f16/.bf16 type": who has the four bits of a row's group of four, and where. */
inline size_t holderOf(int row, int group, int selector) {
  const int who = broken == 3 ? 1 - selector : selector;
  return static_cast<size_t>(row / 16 * 32 + row % 8 * 4 + 2 * who + group / 4);
}
inline int bitOf(int row, int group) { return (broken == 4 ? 1 - row / 8 % 2 : row / 8 % 2) * 16 + group % 4 * 4; }

inline unsigned drawn(unsigned below) {
  static unsigned r = 2463534242u;
  r ^= r << 13, r ^= r >> 17, r ^= r << 5;
  return r % below;
}
inline float small() { return static_cast<float>(drawn(7)) - 3.0f; }
