/* The one device there is, or is not; its numbers are those of a compute capability 9.0 device unless the settings say another. */
#pragma once
#include "errors.h"
#include "settings.h"

namespace cuda_shim {

inline cudaError_t usable() {
  if (settings.driver < CUDART_VERSION / 1000 * 1000) return said(cudaErrorInsufficientDriver);
  return said(settings.devices > 0 ? cudaSuccess : cudaErrorNoDevice);
}

/* Bytes of shared memory that a block can have when it asks for them, by compute capability. */
inline int mostShared() {
  const int arch = settings.arch;
  return arch < 80 ? 65536 : arch == 80 || arch == 87 ? 166912 : arch == 86 || arch == 89 || arch >= 120 ? 101376 : 232448;
}

}  // namespace cuda_shim

static inline cudaError_t cudaGetDeviceCount(int *count) {
  *count = 0;
  const cudaError_t error = cuda_shim::usable();
  if (error == cudaSuccess) *count = cuda_shim::settings.devices;
  return error;
}
static inline cudaError_t cudaSetDevice(int device) {
  const cudaError_t error = cuda_shim::usable();
  if (error != cudaSuccess) return error;
  return cuda_shim::said(device >= 0 && device < cuda_shim::settings.devices ? cudaSuccess : cudaErrorInvalidDevice);
}
static inline cudaError_t cudaGetDevice(int *device) {
  *device = 0;
  return cuda_shim::usable();
}
static inline cudaError_t cudaDriverGetVersion(int *version) {
  *version = cuda_shim::settings.driver;
  return cudaSuccess;
}
static inline cudaError_t cudaRuntimeGetVersion(int *version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

enum cudaDeviceAttr {
  cudaDevAttrMaxThreadsPerBlock = 1,
  cudaDevAttrMaxSharedMemoryPerBlock = 8,
  cudaDevAttrWarpSize = 10,
  cudaDevAttrClockRate = 13,
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrMemoryClockRate = 36,
  cudaDevAttrGlobalMemoryBusWidth = 37,
  cudaDevAttrL2CacheSize = 38,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrMaxSharedMemoryPerMultiprocessor = 81,
  cudaDevAttrMaxRegistersPerMultiprocessor = 82,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};

static inline cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int) {
  const cudaError_t error = cuda_shim::usable();
  if (error != cudaSuccess) return error;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock: *value = 1024; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = 49152; break;
    case cudaDevAttrWarpSize: *value = 32; break;
    case cudaDevAttrClockRate: *value = 1785000; break;
    case cudaDevAttrMultiProcessorCount: *value = cuda_shim::settings.processors; break;
    case cudaDevAttrMemoryClockRate: *value = 2619000; break;
    case cudaDevAttrGlobalMemoryBusWidth: *value = 5120; break;
    case cudaDevAttrL2CacheSize: *value = 50 << 20; break;
    case cudaDevAttrComputeCapabilityMajor: *value = cuda_shim::settings.arch / 10; break;
    case cudaDevAttrComputeCapabilityMinor: *value = cuda_shim::settings.arch % 10; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = cuda_shim::mostShared() + 1024; break;
    case cudaDevAttrMaxRegistersPerMultiprocessor: *value = 65536; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = cuda_shim::mostShared(); break;
    default: return cuda_shim::said(cudaErrorInvalidValue);
  }
  return cudaSuccess;
}

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem, sharedMemPerBlock, sharedMemPerBlockOptin, sharedMemPerMultiprocessor;
  int regsPerBlock, regsPerMultiprocessor, warpSize, maxThreadsPerBlock, maxThreadsPerMultiProcessor;
  int maxThreadsDim[3], maxGridSize[3];
  int major, minor, multiProcessorCount, l2CacheSize, memoryBusWidth, asyncEngineCount, integrated;
};

static inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int device) {
  const cudaError_t error = cudaSetDevice(device);
  if (error != cudaSuccess) return error;
  *p = {};
  strncpy(p->name, cuda_shim::settings.name, sizeof p->name - 1);
  const size_t shared = static_cast<size_t>(cuda_shim::mostShared());
  p->totalGlobalMem = cuda_shim::settings.memory;
  p->sharedMemPerBlock = 49152, p->sharedMemPerBlockOptin = shared, p->sharedMemPerMultiprocessor = shared + 1024;
  p->regsPerBlock = p->regsPerMultiprocessor = 65536;
  p->warpSize = 32, p->maxThreadsPerBlock = 1024, p->maxThreadsPerMultiProcessor = 2048;
  p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024, p->maxThreadsDim[2] = 64;
  p->maxGridSize[0] = 2147483647, p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->major = cuda_shim::settings.arch / 10, p->minor = cuda_shim::settings.arch % 10;
  p->multiProcessorCount = cuda_shim::settings.processors;
  p->l2CacheSize = 50 << 20, p->memoryBusWidth = 5120, p->asyncEngineCount = 3;
  return cudaSuccess;
}
