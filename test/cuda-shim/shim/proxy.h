/*
 * The asynchronous proxy: bulk copies and products of warpgroups see dynamic shared memory by themselves, and what threads write there only
 * behind fence.proxy.async (PTX ISA, "Async proxy"). What it sees is kept apart here, so that a missing fence is found.
 */
#pragma once
#include <stdint.h>

#include "block.h"

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_read_range(void *, unsigned long);
extern "C" void __tsan_write_range(void *, unsigned long);
#endif

namespace cuda_shim {

/* Addresses within shared memory begin behind what the driver keeps for itself. */
static constexpr size_t firstShared = 1024;

inline unsigned char proxySees[Block::mostRanks][sizeof dynamic_shared];

/* Is it where the launch asked for memory? */
CUDA_SHIM_OWN bool inShared(const void *p, size_t bytes) {
  const char *const begin = dynamicShared(), *const at = static_cast<const char *>(p);
  return at >= begin && bytes <= block.dynamic && at <= begin + block.dynamic - bytes;
}

CUDA_SHIM_OWN size_t offsetInShared(const void *p) { return static_cast<size_t>(static_cast<const char *>(p) - dynamicShared()); }

/* Ends the program if the sanitiser of addresses knows that a byte is nobody's. */
inline void expectAddressable([[maybe_unused]] const void *p, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  const void *const bad = __asan_region_is_poisoned(const_cast<void *>(p), bytes);
  if (bad) (void)*static_cast<const volatile char *>(bad);
#endif
}

/* For the sanitiser of races, that this thread does so now. */
CUDA_SHIM_OWN void tellRead([[maybe_unused]] const void *p, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_THREAD__)
  __tsan_read_range(const_cast<void *>(p), bytes);
#endif
}
CUDA_SHIM_OWN void tellWritten([[maybe_unused]] void *p, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_THREAD__)
  __tsan_write_range(p, bytes);
#endif
}

/* What a bulk copy writes is seen by all of a block. */
CUDA_SHIM_OWN void writeByProxy(unsigned rank, void *to, const void *from, size_t bytes) {
  copyUnseen(placeIn(rank, to), from, bytes);
  copyUnseen(proxySees[rank] + offsetInShared(to), from, bytes);
}

/* Does it see what threads of that block see? */
CUDA_SHIM_OWN bool proxySeesIt(unsigned rank, const void *p, size_t bytes) {
  const unsigned char *const its = proxySees[rank] + offsetInShared(p);
  const unsigned char *const own = reinterpret_cast<const unsigned char *>(placeIn(rank, p));
  for (size_t i = 0; i < bytes; i++)
    if (its[i] != own[i]) return false;
  return true;
}

CUDA_SHIM_OWN void fenceProxy() { copyUnseen(proxySees[ranks.shown], dynamicShared(), block.dynamic); }

/* As blocks find their memory. */
CUDA_SHIM_OWN void beginProxy() {
  for (unsigned rank = 0; rank < block.ranks; rank++)
    for (size_t i = 0; i < block.dynamic; i++) proxySees[rank][i] = 0xff;
}

}  // namespace cuda_shim

namespace emulated {

/* fence.proxy.async: what this thread wrote, and what was written before it, is there for copies and products. */
CUDA_SHIM_OWN void proxy_fence() {
  cuda_shim::useBeside();
  cuda_shim::fenceProxy();
}

}  // namespace emulated
