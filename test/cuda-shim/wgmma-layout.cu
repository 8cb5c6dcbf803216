/*
 * Where numbers lie for products of warpgroups, by the formulas of the PTX ISA, against a plain product of small whole numbers, of which no sum is
 * rounded. With a number as its argument one of the formulas is wrong; what is said is how many sums are.
 */
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "run.h"
#include "wgmma-places.h"

static constexpr int kept = 128;

template <int N, bool sparse, bool brain>
__global__ void product(const uint4 *filled, const unsigned *places, float *sums) {
  constexpr int depth = sparse ? 2 * kept : kept, a_bytes = 64 * kept * 2, b_bytes = N * depth * 2;
  extern __shared__ __align__(1024) unsigned char dynamic_shared[];
  uint4 *const shared = reinterpret_cast<uint4 *>(dynamic_shared);
  for (unsigned i = threadIdx.x; i < (a_bytes + b_bytes) / 16; i += 128) shared[i] = filled[i];
  emulated::proxy_fence();
  __syncthreads();
  float d[N / 2];
  for (int i = 0; i < N / 2; i++) d[i] = sums[static_cast<int>(threadIdx.x) * (N / 2) + i];
  emulated::wgmma_fence();
  const uint64_t a = emulated::wgmma_descriptor(dynamic_shared), b = emulated::wgmma_descriptor(dynamic_shared + a_bytes);
  const auto at = [](uint64_t matrix, int rows, int k) {
    return matrix + static_cast<uint64_t>((k / 64 * rows * 128 + k % 64 * 2) >> 4);
  };
  for (int k = 0; k < kept; k += 16) {
    const uint64_t own_a = at(a, 64, k), own_b = at(b, N, sparse ? 2 * k : k);
    const unsigned word = places[k / 32 * 128 + static_cast<int>(threadIdx.x)];
    if constexpr (!sparse) brain ? emulated::wgmma_bf16<N>(d, own_a, own_b) : emulated::wgmma_f16<N>(d, own_a, own_b);
    else if (k / 16 % 2 == 0)
      brain ? emulated::wgmma_sparse_bf16<N>(d, own_a, own_b, word) : emulated::wgmma_sparse_f16<N>(d, own_a, own_b, word);
    else
      brain ? emulated::wgmma_sparse_bf16<N, 1>(d, own_a, own_b, word) : emulated::wgmma_sparse_f16<N, 1>(d, own_a, own_b, word);
  }
  emulated::wgmma_commit();
  emulated::wgmma_wait<0>();
  for (int i = 0; i < N / 2; i++) sums[static_cast<int>(threadIdx.x) * (N / 2) + i] = d[i];
}

template <int N, bool sparse, bool brain>
static void check() {
  constexpr int depth = sparse ? 2 * kept : kept;
  std::vector<float> a(64 * depth, 0.0f), b(N * depth), want(64 * N), given(64 * N);
  std::vector<unsigned short> filled((64 * kept + N * depth));
  std::vector<unsigned> places(kept / 32 * 128, 0);
  const auto bits = [](float v) {
    return brain ? __bfloat16_as_ushort(__float2bfloat16_rn(v)) : __half_as_ushort(__float2half_rn(v));
  };
  for (int row = 0; row < 64; row++)
    for (int k = 0; k < kept; k++) {
      int column = k;
      if (sparse) {
        static int low, high;
        if (k % 2 == 0) low = static_cast<int>(drawn(3)), high = low + 1 + static_cast<int>(drawn(static_cast<unsigned>(3 - low)));
        column = k / 2 * 4 + (k % 2 ? high : low);
        const int group = k / 2 % 8, step = k / 16;
        const size_t word = static_cast<size_t>(step / 2 * 128) + holderOf(row, group, step % 2);
        if (k % 2) places[word] |= static_cast<unsigned>(low | high << 2) << bitOf(row, group);
      }
      const float value = small();
      a[static_cast<size_t>(row * depth + column)] = value;
      filled[placeOf(64, row, k)] = bits(value);
    }
  for (int column = 0; column < N; column++)
    for (int k = 0; k < depth; k++) {
      const float value = b[static_cast<size_t>(column * depth + k)] = small();
      filled[static_cast<size_t>(64 * kept) + placeOf(N, column, k)] = bits(value);
    }
  for (int row = 0; row < 64; row++)
    for (int column = 0; column < N; column++) {
      float sum = static_cast<float>(row - column);
      for (int k = 0; k < depth; k++) sum += a[static_cast<size_t>(row * depth + k)] * b[static_cast<size_t>(column * depth + k)];
      want[static_cast<size_t>(row * N + column)] = sum;
    }
  const auto each = [&](auto what) {
    for (int thread = 0; thread < 128; thread++)
      for (int i = 0; i < N / 2; i++) what(static_cast<size_t>(thread * (N / 2) + i), rowOf(thread, i), columnOf(thread, i));
  };
  each([&](size_t i, int row, int column) { given[i] = static_cast<float>(row - column); });
  Array<unsigned short> x(filled.size());
  Array<unsigned> p(places.size());
  Array<float> y(given.size());
  x.set(filled), p.set(places), y.set(given);
  DO(cudaFuncSetAttribute(product<N, sparse, brain>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(filled.size() * 2)));
  launch(product<N, sparse, brain>, 1, 128, filled.size() * 2, reinterpret_cast<const uint4 *>(x.at), static_cast<const unsigned *>(p.at), y.at);
  int other = 0;
  const std::vector<float> got = y.get();
  each([&](size_t i, int row, int column) { other += !(got[i] == want[static_cast<size_t>(row * N + column)]); });
  printf("%s %s %d: %d of %d\n", sparse ? "sparse" : "dense", brain ? "bf16" : "f16", N, other, 64 * N);
}

int main(int argc, char **argv) {
  if (argc > 1) broken = atoi(argv[1]);
  check<8, false, false>();
  check<64, false, true>();
  check<192, false, false>();
  check<64, true, false>();
  check<256, true, true>();
  return 0;
}
