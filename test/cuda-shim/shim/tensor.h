/*
 * Tensor cores, as generated code calls them where nvcc does not compile it: fragments lie in lanes as the PTX ISA says
 * ("Matrix fragments for mma", "... with sparse matrix A"), and places of 2:4 numbers must ascend.
 *
 * Of all element types 16 bytes of a row or a column are one piece: register r of lane 4g + t has bytes 4t to 4t + 3 of a piece. Of a that
 * is row g + 8 (r % 2), piece r / 2; of b column g, piece r; of sums row g + 8 (r / 2), column 2t + r % 2.
 */
#pragma once
#include <type_traits>

#include "copies.h"
#include "narrow.h"
#include "together.h"

namespace emulated {

struct f16 {
  static constexpr int bytes = 2;
  using sum = float;
  static float at(const unsigned char *p) { unsigned short h; memcpy(&h, p, 2); return cuda_shim::fromHalf(h); }
};
struct bf16 {
  static constexpr int bytes = 2;
  using sum = float;
  static float at(const unsigned char *p) { unsigned short h; memcpy(&h, p, 2); return cuda_shim::fromBrain(h); }
};
/* Ten bits of the fraction count. */
struct tf32 {
  static constexpr int bytes = 4;
  using sum = float;
  static float at(const unsigned char *p) { unsigned w; memcpy(&w, p, 4); return cudaShimBits<float>(w & ~0x1fffu); }
};
struct s8 {
  static constexpr int bytes = 1;
  using sum = int;
  static int at(const unsigned char *p) { return static_cast<signed char>(*p); }
};
/* Of a with signs and b without. */
struct u8 : s8 {};

/* Numbers of b. */
template <class T>
inline auto other(const unsigned char *p) {
  if constexpr (std::is_same_v<T, u8>) return static_cast<int>(*p);
  else return T::at(p);
}

template <class T>
struct Fragments {
  typename T::sum *sums;
  unsigned a[4];
  unsigned b[4];
  unsigned places;
  int selected;
};

/* Bytes of all rows of a or columns of b, put together from the lanes'. */
template <class T>
struct Operands {
  unsigned char a[16][32], b[8][64];

  CUDA_SHIM_OWN Operands(void *const *lanes, int pieces) {
    for (int lane = 0; lane < 32; lane++) {
      const auto &own = *static_cast<const Fragments<T> *>(lanes[lane]);
      const int g = lane / 4, t = lane % 4;
      for (int r = 0; r < 4; r++) memcpy(&a[g + 8 * (r % 2)][16 * (r / 2) + 4 * t], &own.a[r], 4);
      for (int r = 0; r < pieces; r++) memcpy(&b[g][16 * r + 4 * t], &own.b[r], 4);
    }
  }

  CUDA_SHIM_OWN static typename T::sum &sum(void *const *lanes, int row, int column) {
    const auto &own = *static_cast<const Fragments<T> *>(lanes[row % 8 * 4 + column / 2]);
    return own.sums[row / 8 * 2 + column % 2];
  }
};

template <class T>
CUDA_SHIM_OWN void multiplyDense(void *const *lanes, unsigned) {
  const Operands<T> o(lanes, 2);
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 8; column++) {
      typename T::sum &sum = o.sum(lanes, row, column);
      for (int k = 0; k < 32; k += T::bytes) sum += T::at(&o.a[row][k]) * other<T>(&o.b[column][k]);
    }
}

template <class T>
CUDA_SHIM_OWN unsigned placesOf(const void *lane) { return static_cast<const Fragments<T> *>(lane)->places; }

/* Four bits for each group of four places: the lower place, and the higher one. A number of tf32 takes two places. */
template <class T>
CUDA_SHIM_OWN unsigned nibble(void *const *lanes, int row, int group) {
  const int g = row % 8, high = row / 8;
  if (T::bytes == 1) return placesOf<T>(lanes[4 * g + high + 2 * (group / 8)]) >> (4 * (group % 8)) & 15u;
  const int selected = static_cast<const Fragments<T> *>(lanes[0])->selected;
  return placesOf<T>(lanes[4 * g + 2 * selected + group / 4]) >> (16 * high + 4 * (group % 4)) & 15u;
}

template <class T>
CUDA_SHIM_OWN void multiplySparse(void *const *lanes, unsigned) {
  const Operands<T> o(lanes, 4);
  constexpr int perNumber = T::bytes == 4 ? 2 : 1, placeBytes = T::bytes / perNumber, groups = 64 / (4 * placeBytes);
  for (int row = 0; row < 16; row++)
    for (int group = 0; group < groups; group++) {
      const unsigned places = nibble<T>(lanes, row, group);
      const int low = static_cast<int>(places & 3u), high = static_cast<int>(places >> 2);
      if (low >= high || (perNumber == 2 && (low % 2 != 0 || high != low + 1)))
        cuda_shim::wrong("places of sparse weights are none", cuda_shim::block.now, nullptr);
      for (int kept = 0; kept < 2 / perNumber; kept++)
        for (int column = 0; column < 8; column++) {
          const int in_a = (2 * group + kept * perNumber) * placeBytes, in_b = (4 * group + (kept ? high : low)) * placeBytes;
          o.sum(lanes, row, column) += T::at(&o.a[row][in_a]) * other<T>(&o.b[column][in_b]);
        }
    }
}

template <class T>
inline void multiply(T, typename T::sum *sums, uint4 a, unsigned b0, unsigned b1) {
  Fragments<T> own{sums, {a.x, a.y, a.z, a.w}, {b0, b1, 0, 0}, 0, 0};
  cuda_shim::together(0xffffffffu, CUDA_SHIM_SITE("mma"), &own, multiplyDense<T>);
}

template <class T>
inline void multiply_sparse(T, typename T::sum *sums, uint4 a, const unsigned *b, unsigned places, int selected) {
  Fragments<T> own{sums, {a.x, a.y, a.z, a.w}, {b[0], b[1], b[2], b[3]}, places, selected};
  cuda_shim::together(0xffffffffu, CUDA_SHIM_SITE("mma.sp"), &own, multiplySparse<T>);
}

struct Rows {
  const void *row;
  unsigned to[4];
};

CUDA_SHIM_OWN const unsigned char *rowOf(const void *lane) {
  const void *const row = static_cast<const Rows *>(lane)->row;
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0) cuda_shim::wrong("a row is not aligned to 16 bytes", cuda_shim::block.now, nullptr);
  return static_cast<const unsigned char *>(row);
}

template <bool turned>
CUDA_SHIM_OWN void loadRows(void *const *lanes, unsigned) {
  for (int lane = 0; lane < 32; lane++)
    for (int matrix = 0; matrix < 4; matrix++) {
      unsigned char *const to = reinterpret_cast<unsigned char *>(&static_cast<Rows *>(lanes[lane])->to[matrix]);
      void *const *const rows = lanes + 8 * matrix;
      if (!turned) memcpy(to, rowOf(rows[lane / 4]) + 4 * (lane % 4), 4);
      else
        for (int i = 0; i < 2; i++) memcpy(to + 2 * i, rowOf(rows[lane % 4 * 2 + i]) + 2 * (lane / 4), 2);
    }
}

inline void load_matrices(unsigned *to, const void *row, bool turned) {
  // For sanitizers it is this lane that reads it.
  const volatile unsigned long long *const own_row = static_cast<const unsigned long long *>(row);
  (void)own_row[0], (void)own_row[1];
  Rows own{row, {}};
  cuda_shim::together(0xffffffffu, CUDA_SHIM_SITE("ldmatrix"), &own, turned ? loadRows<true> : loadRows<false>);
  memcpy(to, own.to, sizeof own.to);
}

inline void copy_async(void *to, const void *from, unsigned bytes, unsigned copied) { cuda_shim::copyAsync(to, from, bytes, copied); }
inline void commit_copies() { cuda_shim::commitCopies(); }
inline void wait_for_copies(int pending) { cuda_shim::waitForCopies(pending); }

}  // namespace emulated
