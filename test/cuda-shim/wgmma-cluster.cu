/*
 * Products of two blocks that have the same columns: each copies its own rows and, to both, half of the columns. As it is right, and with
 * something wrong that the first argument names.
 */
#include <cuda_fp16.h>
#include <string.h>

#include "run.h"
#include "wgmma-places.h"

static constexpr int stages = 2, rows = 64, columns = 64, steps = 5;
static constexpr unsigned aBytes = rows * 128, bBytes = columns * 128, stageBytes = aBytes + bBytes;

#define WRONG(each) each(nothing) each(unmet) each(leaving) each(freeingOwn) each(elsewhere) each(third) each(wholeColumns) each(racing)
enum class Wrong {
#define NAME(name) name,
  WRONG(NAME)
#undef NAME
};

struct Shared {
  unsigned char stage[stages][stageBytes];
  uint64_t full[stages], empty[stages];
};

__device__ static void produce(const unsigned char *a, const unsigned char *b, Shared &shared, Wrong wrong) {
  const unsigned part = wrong == Wrong::wholeColumns ? bBytes : bBytes / 2;
  const unsigned first = wrong == Wrong::wholeColumns ? 0 : (blockIdx.x & 1) * part;
  for (unsigned step = 0; step < steps; step++) {
    const unsigned s = step % stages;
    emulated::barrier_wait(&shared.empty[s], (step / stages & 1) ^ 1);
    emulated::barrier_expect(&shared.full[s], stageBytes);
    emulated::bulk_copy(shared.stage[s], a + (blockIdx.x * steps + step) * aBytes, aBytes, &shared.full[s]);
    emulated::bulk_copy_multicast(shared.stage[s] + aBytes + first, b + step * bBytes + first, part, &shared.full[s],
                                  wrong == Wrong::third ? 7 : wrong == Wrong::elsewhere ? 2 : 3);
  }
}

__device__ static void consume(Shared &shared, float *sums, Wrong wrong) {
  const unsigned thread = threadIdx.x - 128;
  float d[columns / 2] = {};
  for (unsigned step = 0; step < steps; step++) {
    const unsigned s = step % stages;
    emulated::barrier_wait(&shared.full[s], step / stages & 1);
    const uint64_t a = emulated::wgmma_descriptor(shared.stage[s]), b = emulated::wgmma_descriptor(shared.stage[s] + aBytes);
    emulated::wgmma_fence();
    for (unsigned k = 0; k < 64; k += 16) emulated::wgmma_f16<columns>(d, a + (k * 2 >> 4), b + (k * 2 >> 4));
    emulated::wgmma_commit();
    emulated::wgmma_wait<0>();
    for (unsigned rank = 0; rank < 2 && thread == 0; rank++)
      emulated::barrier_arrive_at(&shared.empty[s], wrong == Wrong::freeingOwn ? blockIdx.x & 1 : rank);
  }
  for (unsigned i = 0; i < columns / 2; i++) sums[(blockIdx.x * 128 + thread) * (columns / 2) + i] = d[i];
}

__global__ void __cluster_dims__(2, 1, 1) pair(const unsigned char *a, const unsigned char *b, float *sums, Wrong wrong) {
  extern __shared__ __align__(1024) unsigned char dynamic_shared[];
  __shared__ unsigned whose;
  Shared &shared = *reinterpret_cast<Shared *>(dynamic_shared);
  if (threadIdx.x == 0) {
    whose = blockIdx.x;
    for (int s = 0; s < stages; s++) emulated::barrier_init(&shared.full[s], 1), emulated::barrier_init(&shared.empty[s], 2);
    emulated::barrier_fence();
  }
  if (wrong == Wrong::racing && threadIdx.x == 1) whose = blockIdx.x;
  if (wrong == Wrong::unmet) __syncthreads();
  else
    emulated::cluster_meet();
  if (threadIdx.x == 0) produce(a, b, shared, wrong);
  if (threadIdx.x >= 128) consume(shared, sums, wrong);
  if (whose != blockIdx.x) printf("another's memory\n");
  if (wrong != Wrong::leaving) emulated::cluster_meet();
}

static Wrong named(const char *name) {
#define NAME(it) \
  if (strcmp(name, #it) == 0) return Wrong::it;
  WRONG(NAME)
#undef NAME
  printf("no such fault: %s\n", name);
  exit(2);
}

/* Matrices of so many rows for each step, as numbers and as they lie. */
struct Filled {
  std::vector<float> numbers;
  std::vector<unsigned char> bytes;
  Filled(int matrices, int many) : numbers(static_cast<size_t>(matrices * many * 64)), bytes(static_cast<size_t>(matrices * many * 128)) {
    for (int matrix = 0; matrix < matrices; matrix++)
      for (int row = 0; row < many; row++)
        for (int k = 0; k < 64; k++) {
          const __half h = __float2half_rn(numbers[static_cast<size_t>((matrix * many + row) * 64 + k)] = small());
          memcpy(&bytes[static_cast<size_t>(matrix * many * 128) + 2 * placeOf(many, row, k)], &h, 2);
        }
  }
};

int main(int, char **argv) {
  static constexpr int blocks = 4;
  const Filled a(blocks * steps, rows), b(steps, columns);
  Array<unsigned char> given_a(a.bytes.size()), given_b(b.bytes.size());
  Array<float> y(blocks * rows * columns);
  given_a.set(a.bytes), given_b.set(b.bytes);
  const unsigned char *const x_a = given_a.at, *const x_b = given_b.at;
  launch(pair, 3, 256, sizeof(Shared), x_a, x_b, y.at, Wrong::nothing);
  launch(pair, blocks, 256, sizeof(Shared), x_a, x_b, y.at, named(argv[1]));
  int other = 0;
  const std::vector<float> got = y.get();
  for (int block = 0; block < blocks; block++)
    for (int thread = 0; thread < 128; thread++)
      for (int i = 0; i < columns / 2; i++) {
        float sum = 0.0f;
        for (int k = 0; k < steps * 64; k++)
          sum += a.numbers[static_cast<size_t>(((block * steps + k / 64) * rows + rowOf(thread, i)) * 64 + k % 64)] *
                 b.numbers[static_cast<size_t>((k / 64 * columns + columnOf(thread, i)) * 64 + k % 64)];
        other += !(got[static_cast<size_t>((block * 128 + thread) * (columns / 2) + i)] == sum);
      }
  printf("%d of %d\n", other, blocks * rows * columns);
  return 0;
}
