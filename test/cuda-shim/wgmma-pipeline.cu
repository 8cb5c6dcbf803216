/*
 * Products of two warpgroups, of what a thread of a third has copied to shared memory in two stages: as it is right, and with something wrong that
 * the first argument names.
 */
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <string.h>

#include "run.h"
#include "wgmma-places.h"

static constexpr int stages = 2, rows = 128, columns = 64, steps = 5;
static constexpr unsigned aBytes = rows * 128, bBytes = columns * 128, stageBytes = aBytes + bBytes;

#define WRONG(each)                                                                                                             \
  each(nothing) each(registers) each(uninitialised) each(initialisedTwice) each(unaligned) each(unsynchronised) each(unfenced)  \
  each(overtaking) each(noBytes) each(fewBytes) each(manyBytes) each(oddSource) each(oddSize) each(outside) each(overwritten)   \
  each(unfencedSums) each(unproxied) each(unalignedMatrix) each(beyondRows) each(absentWarp) each(otherWarp) each(otherMatrix)   \
  each(writtenOperand) each(releasedEarly) each(arrivedTwice) each(uncommitted) each(readSums) each(writtenSums) each(unwaited)  \
  each(otherShape) each(badPlaces) each(writtenBefore) each(peeking) each(readLate) each(copiedOn)
enum class Wrong {
#define NAME(name) name,
  WRONG(NAME)
#undef NAME
};

struct Shared {
  unsigned char stage[stages][stageBytes];
  uint64_t full[stages], empty[stages];
};

__device__ static void produce(const unsigned char *tiles, Shared &shared, Wrong wrong) {
  for (int step = 0; step < steps; step++) {
    const int s = step % stages;
    uint64_t *const full = &shared.full[s];
    if (wrong != Wrong::overtaking) emulated::barrier_wait(&shared.empty[s], (static_cast<unsigned>(step / stages) & 1) ^ 1);
    if (wrong == Wrong::noBytes) emulated::barrier_arrive(full);
    else
      emulated::barrier_expect(full, wrong == Wrong::fewBytes ? bBytes : wrong == Wrong::manyBytes ? stageBytes + 16 : stageBytes);
    const unsigned char *const from = tiles + static_cast<unsigned>(step) * stageBytes + (wrong == Wrong::oddSource ? 8 : 0);
    const unsigned bytes = wrong == Wrong::oddSize ? aBytes - 8 : wrong == Wrong::outside ? 3 * stageBytes : aBytes;
    if (wrong == Wrong::writtenBefore) shared.stage[s][64] = 1;
    emulated::bulk_copy(shared.stage[s], from, bytes, full);
    emulated::bulk_copy(shared.stage[s] + aBytes, from + aBytes, bBytes, full);
  }
  if (wrong == Wrong::copiedOn) emulated::bulk_copy(shared.stage[0], tiles, 16, &shared.full[0]);
}

__device__ static void multiply(float (&d)[columns / 2], unsigned char *stage, int group, Wrong wrong) {
  const int thread = static_cast<int>(threadIdx.x) % 128;
  const uint64_t a = emulated::wgmma_descriptor(stage + group * 8192 + (wrong == Wrong::unalignedMatrix ? 512 : 0));
  const uint64_t b = emulated::wgmma_descriptor(stage + aBytes);
  if (wrong == Wrong::unproxied && thread == 0) stage[group * 8192] ^= 1;
  if (wrong != Wrong::unfencedSums) emulated::wgmma_fence();
  if (wrong == Wrong::badPlaces || wrong == Wrong::otherShape) emulated::wgmma_sparse_f16<columns>(d, a, b, 0);
  if (wrong == Wrong::badPlaces) emulated::wgmma_fence();
  for (unsigned k = 0; k < 64; k += 16) {
    const uint64_t step = wrong == Wrong::beyondRows ? 7 : k * 2 >> 4;
    if (wrong == Wrong::absentWarp && thread / 32 == 3) continue;
    if (wrong == Wrong::otherWarp && thread / 32 == 3)
      emulated::wgmma_f16<columns>(d, a + step, b + step);
    else
      emulated::wgmma_f16<columns>(d, a + step + (wrong == Wrong::otherMatrix && thread == 70 ? 2 : 0), b + step);
  }
  if (wrong == Wrong::writtenOperand && thread == 0) stage[group * 8192] ^= 1;
  if (wrong != Wrong::uncommitted) emulated::wgmma_commit();
}

__device__ static void consume(Shared &shared, float *sums, int group, Wrong wrong) {
  const int thread = static_cast<int>(threadIdx.x) % 128;
  float d[columns / 2] = {}, more = 0.0f;
  for (int step = 0; step < steps; step++) {
    const int s = step % stages, before = (step + stages - 1) % stages;
    if (wrong == Wrong::peeking) more += shared.stage[s][thread] > 0 ? 0.0f : 1.0f;
    emulated::barrier_wait(&shared.full[s], static_cast<unsigned>(step / stages) & 1);
    multiply(d, shared.stage[s], group, wrong);
    if (wrong == Wrong::releasedEarly && thread == 0) emulated::barrier_arrive(&shared.empty[s]);
    if (wrong == Wrong::readSums) more += d[0];
    if (wrong == Wrong::writtenSums) d[1] = more;
    emulated::wgmma_wait<1>();
    if (step == 0 || wrong == Wrong::releasedEarly) continue;
    if (thread == 0 || (wrong == Wrong::arrivedTwice && thread < 32)) emulated::barrier_arrive(&shared.empty[before]);
    if (wrong == Wrong::readLate) more += shared.stage[before][thread] > 0 ? 0.0f : 1.0f;
  }
  if (wrong == Wrong::unwaited) return;
  emulated::wgmma_wait<0>();
  for (int i = 0; i < columns / 2; i++) sums[(group * 128 + thread) * (columns / 2) + i] = d[i] + more;
}

__global__ void pipeline(const unsigned char *tiles, float *sums, Wrong wrong) {
  extern __shared__ __align__(1024) unsigned char dynamic_shared[];
  Shared &shared = *reinterpret_cast<Shared *>(dynamic_shared);
  if (threadIdx.x == 0) {
    for (int s = 0; s < stages; s++) {
      emulated::barrier_init(&shared.full[s], 1);
      if (wrong != Wrong::uninitialised) emulated::barrier_init(&shared.empty[s], 2);
      if (wrong == Wrong::initialisedTwice) emulated::barrier_init(&shared.full[s], 1);
      if (wrong == Wrong::unaligned) emulated::barrier_init(reinterpret_cast<uint64_t *>(dynamic_shared + 4), 1);
    }
    if (wrong != Wrong::unfenced) emulated::barrier_fence();
    if (wrong == Wrong::overwritten) shared.full[1] = 0;
  }
  if (wrong != Wrong::unsynchronised) __syncthreads();
  const int group = static_cast<int>(threadIdx.x / 128);
  if (group == 0) {
    emulated::registers_less<40>();
    if (threadIdx.x == 0) produce(tiles, shared, wrong);
  } else {
    if (wrong == Wrong::registers) emulated::registers_more<240>();
    else
      emulated::registers_more<232>();
    consume(shared, sums, group - 1, wrong);
  }
}

static Wrong named(const char *name) {
#define NAME(it) \
  if (strcmp(name, #it) == 0) return Wrong::it;
  WRONG(NAME)
#undef NAME
  printf("no such fault: %s\n", name);
  exit(2);
}

int main(int, char **argv) {
  const Wrong wrong = named(argv[1]);
  std::vector<unsigned char> tiles(steps * stageBytes);
  std::vector<float> want(rows * columns, 0.0f);
  for (int step = 0; step < steps; step++) {
    std::vector<float> a(rows * 64), b(columns * 64);
    const auto fill = [&](std::vector<float> &numbers, size_t begin, int many) {
      for (int row = 0; row < many; row++)
        for (int k = 0; k < 64; k++) {
          const __half h = __float2half_rn(numbers[static_cast<size_t>(row * 64 + k)] = small());
          memcpy(&tiles[static_cast<size_t>(step) * stageBytes + begin + 2 * placeOf(many, row, k)], &h, 2);
        }
    };
    fill(a, 0, rows), fill(b, aBytes, columns);
    for (int row = 0; row < rows; row++)
      for (int column = 0; column < columns; column++)
        for (int k = 0; k < 64; k++)
          want[static_cast<size_t>(row * columns + column)] += a[static_cast<size_t>(row * 64 + k)] * b[static_cast<size_t>(column * 64 + k)];
  }
  Array<unsigned char> x(tiles.size());
  Array<float> y(want.size());
  x.set(tiles);
  DO(cudaFuncSetAttribute(pipeline, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sizeof(Shared))));
  launch(pipeline, 2, 384, sizeof(Shared), static_cast<const unsigned char *>(x.at), y.at, wrong);
  int other = 0;
  const std::vector<float> got = y.get();
  for (int thread = 0; thread < 256; thread++)
    for (int i = 0; i < columns / 2; i++) {
      const int row = thread / 128 * 64 + rowOf(thread % 128, i);
      other += !(got[static_cast<size_t>(thread * (columns / 2) + i)] == want[static_cast<size_t>(row * columns + columnOf(thread, i))]);
    }
  printf("%d of %d\n", other, rows * columns);
  return 0;
}
