/* Memory of the device: blocks of their own, full of ones at first, of which the device has as much as the settings say. */
#pragma once
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <map>

#include "device.h"

namespace cuda_shim {

struct Memory {
  std::map<const char *, size_t> device, pinned;
  size_t taken = 0;
};

inline Memory memory;

inline bool within(const std::map<const char *, size_t> &blocks, const void *p) {
  auto behind = blocks.upper_bound(static_cast<const char *>(p));
  if (behind == blocks.begin()) return false;
  --behind;
  return static_cast<const char *>(p) < behind->first + behind->second;
}

inline cudaError_t take(void **to, size_t bytes) {
  *to = nullptr;
  const cudaError_t error = usable();
  if (error != cudaSuccess) return error;
  if (bytes == 0) return cudaSuccess;
  if (bytes > settings.memory || memory.taken > settings.memory - bytes) return said(cudaErrorMemoryAllocation);
  if (posix_memalign(to, 256, bytes) != 0) return said(cudaErrorMemoryAllocation);
  memset(*to, 0xff, bytes);
  memory.device[static_cast<char *>(*to)] = bytes;
  memory.taken += bytes;
  return cudaSuccess;
}

inline cudaError_t giveBack(void *p) {
  if (!p) return cudaSuccess;
  const auto found = memory.device.find(static_cast<char *>(p));
  if (found == memory.device.end()) return said(cudaErrorInvalidValue);
  memory.taken -= found->second;
  memory.device.erase(found);
  free(p);
  return cudaSuccess;
}

}  // namespace cuda_shim

template <class T>
static inline cudaError_t cudaMalloc(T **to, size_t bytes) {
  void *p;
  const cudaError_t error = cuda_shim::take(&p, bytes);
  *to = static_cast<T *>(p);
  return error;
}

template <class T>
static inline cudaError_t cudaMallocHost(T **to, size_t bytes, unsigned = 0) {
  void *p = nullptr;
  const cudaError_t error = cuda_shim::usable();
  if (error != cudaSuccess) return error;
  if (posix_memalign(&p, 4096, bytes) != 0) return cuda_shim::said(cudaErrorMemoryAllocation);
  cuda_shim::memory.pinned[static_cast<char *>(p)] = bytes;
  *to = static_cast<T *>(p);
  return cudaSuccess;
}
template <class T>
static inline cudaError_t cudaHostAlloc(T **to, size_t bytes, unsigned flags = 0) { return cudaMallocHost(to, bytes, flags); }
static inline cudaError_t cudaFreeHost(void *p) {
  if (p && cuda_shim::memory.pinned.erase(static_cast<char *>(p)) == 0) return cuda_shim::said(cudaErrorInvalidValue);
  free(p);
  return cudaSuccess;
}

static inline cudaError_t cudaMemGetInfo(size_t *available, size_t *total) {
  *total = cuda_shim::settings.memory;
  *available = *total - cuda_shim::memory.taken;
  return cuda_shim::usable();
}
