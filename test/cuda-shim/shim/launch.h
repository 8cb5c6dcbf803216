/* Launches: a kernel with its arguments as they are now, run when its stream is. */
#pragma once
#include <tuple>
#include <utility>

#include "copies.h"
#include "shared.h"
#include "stream.h"

enum cudaFuncAttribute {
  cudaFuncAttributeMaxDynamicSharedMemorySize = 8,
  cudaFuncAttributePreferredSharedMemoryCarveout = 9,
  cudaFuncAttributeNonPortableClusterSizeAllowed = 14,
};
enum cudaLaunchAttributeID {
  cudaLaunchAttributeIgnore = 0,
  cudaLaunchAttributeProgrammaticStreamSerialization = 6,
};
struct cudaLaunchAttribute {
  cudaLaunchAttributeID id;
  union {
    int programmaticStreamSerializationAllowed;
  } val;
};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
  cudaLaunchAttribute *attrs;
  unsigned numAttrs;
};

extern "C" __attribute__((weak)) const char __start_cuda_shim_cluster_2_1_1[], __stop_cuda_shim_cluster_2_1_1[];

namespace cuda_shim {

/* Bytes of dynamic shared memory that kernels may have; 48 KiB unless they ask for more. */
inline std::map<const void *, size_t> mostDynamic;

/* How many blocks are in a cluster, as __cluster_dims__ said. */
inline unsigned clusterOf(const void *kernel) {
  const char *const code = static_cast<const char *>(kernel);
  return code >= __start_cuda_shim_cluster_2_1_1 && code < __stop_cuda_shim_cluster_2_1_1 ? 2 : 1;
}

/* What the shim can run of what a GPU can. */
inline void expectCluster(unsigned cluster, unsigned long long threads) {
  if (threads % 128 == 0 && cluster * threads <= Block::mostThreads) return;
  fputs("cuda shim: blocks of clusters have a multiple of 128 threads here, and at most 512\n", stderr);
  _Exit(86);
}

inline cudaError_t fault(const void *kernel, dim3 grid, dim3 shape, size_t dynamic) {
  const cudaError_t error = usable();
  if (error != cudaSuccess) return error;
  if (settings.noImage) return cudaErrorNoKernelImageForDevice;
  const unsigned long long threads = 1ull * shape.x * shape.y * shape.z, blocks = 1ull * grid.x * grid.y * grid.z;
  if (blocks == 0 || threads == 0 || threads > 1024 || shape.z > 64) return cudaErrorInvalidConfiguration;
  if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535) return cudaErrorInvalidConfiguration;
  const unsigned cluster = clusterOf(kernel);
  if (cluster > 1) {
    if (settings.arch < 90) return cudaErrorInvalidConfiguration;
    if (grid.x % cluster != 0) return cudaErrorInvalidConfiguration;
    expectCluster(cluster, threads);
  }
  const auto allowed = mostDynamic.find(kernel);
  return dynamic > (allowed == mostDynamic.end() ? 49152 : allowed->second) ? cudaErrorInvalidValue : cudaSuccess;
}

template <class... A, size_t... I>
cudaError_t launchWith(void (*kernel)(A...), dim3 grid, dim3 shape, size_t dynamic, Stream *stream, std::tuple<A...> given,
                       std::index_sequence<I...>) {
  const cudaError_t error = said(fault(reinterpret_cast<const void *>(kernel), grid, shape, dynamic));
  if (error != cudaSuccess) return error;
  return give(stream, [=] {
    struct Call {
      void (*kernel)(A...);
      std::tuple<A...> given;
    } call{kernel, given};
    runGrid(
        grid, shape, dynamic,
        [](void *argument) {
          const Call &own = *static_cast<Call *>(argument);
          dropCopies(numberOf(*block.now));
          own.kernel(std::get<I>(own.given)...);
        },
        &call, clusterOf(reinterpret_cast<const void *>(kernel)));
    return cudaSuccess;
  });
}

template <class... A, size_t... I>
std::tuple<A...> gathered(void **args, std::index_sequence<I...>) {
  (void)args;
  return std::tuple<A...>(*static_cast<std::remove_reference_t<A> *>(args[I])...);
}

}  // namespace cuda_shim

template <class... A>
static inline cudaError_t cudaLaunchKernel(void (*kernel)(A...), dim3 grid, dim3 shape, void **args, size_t dynamic = 0,
                                           cudaStream_t stream = nullptr) {
  const std::index_sequence_for<A...> places;
  return cuda_shim::launchWith(kernel, grid, shape, dynamic, stream, cuda_shim::gathered<A...>(args, places), places);
}

template <class... A, class... Given>
static inline cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t *config, void (*kernel)(A...), Given &&...given) {
  return cuda_shim::launchWith(kernel, config->gridDim, config->blockDim, config->dynamicSmemBytes, config->stream,
                               std::tuple<A...>(std::forward<Given>(given)...), std::index_sequence_for<A...>());
}

template <class T>
static inline cudaError_t cudaFuncSetAttribute(T *kernel, cudaFuncAttribute attribute, int value) {
  const cudaError_t error = cuda_shim::usable();
  if (error != cudaSuccess) return error;
  if (cuda_shim::settings.noImage) return cuda_shim::said(cudaErrorNoKernelImageForDevice);
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  if (value < 0 || value > cuda_shim::mostShared()) return cuda_shim::said(cudaErrorInvalidValue);
  cuda_shim::mostDynamic[reinterpret_cast<const void *>(kernel)] = static_cast<size_t>(value);
  return cudaSuccess;
}

struct cudaFuncAttributes {
  size_t sharedSizeBytes, constSizeBytes, localSizeBytes;
  int maxThreadsPerBlock, numRegs, ptxVersion, binaryVersion;
};
template <class T>
static inline cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, T *) {
  *attributes = {0, 0, 0, 1024, 32, cuda_shim::settings.arch, cuda_shim::settings.arch};
  const cudaError_t error = cuda_shim::usable();
  if (error != cudaSuccess) return error;
  return cuda_shim::said(cuda_shim::settings.noImage ? cudaErrorNoKernelImageForDevice : cudaSuccess);
}

template <class T>
static inline cudaError_t cudaMemcpyToSymbol(T &symbol, const void *from, size_t bytes, size_t offset = 0) {
  memcpy(reinterpret_cast<char *>(&symbol) + offset, from, bytes);
  return cuda_shim::usable();
}

static inline void cudaGridDependencySynchronize() {}
static inline void cudaTriggerProgrammaticLaunchCompletion() {}
