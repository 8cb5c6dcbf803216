/* Codes of the runtime, as far as generated code and tests meet them. */
#pragma once
#include "types.h"

#define CUDA_SHIM_ERRORS(each)                                                                                  \
  each(cudaSuccess, 0, "no error")                                                                             \
  each(cudaErrorInvalidValue, 1, "invalid argument")                                                           \
  each(cudaErrorMemoryAllocation, 2, "out of memory")                                                          \
  each(cudaErrorInitializationError, 3, "initialization error")                                                \
  each(cudaErrorInvalidConfiguration, 9, "invalid configuration argument")                                     \
  each(cudaErrorInsufficientDriver, 35, "CUDA driver version is insufficient for CUDA runtime version")        \
  each(cudaErrorInvalidDeviceFunction, 98, "invalid device function")                                          \
  each(cudaErrorNoDevice, 100, "no CUDA-capable device is detected")                                           \
  each(cudaErrorInvalidDevice, 101, "invalid device ordinal")                                                  \
  each(cudaErrorNoKernelImageForDevice, 209, "no kernel image is available for execution on the device")       \
  each(cudaErrorUnsupportedPtxVersion, 222, "the provided PTX was compiled with an unsupported toolchain.")     \
  each(cudaErrorInvalidResourceHandle, 400, "invalid resource handle")                                         \
  each(cudaErrorNotReady, 600, "device not ready")                                                             \
  each(cudaErrorLaunchOutOfResources, 701, "too many resources requested for launch")                          \
  each(cudaErrorLaunchFailure, 719, "unspecified launch failure")                                              \
  each(cudaErrorStreamCaptureUnsupported, 900, "operation not permitted when stream is capturing")             \
  each(cudaErrorStreamCaptureInvalidated, 901, "operation failed due to a previous error during capture")      \
  each(cudaErrorUnknown, 999, "unknown error")

#define CUDA_SHIM_CODE(name, code, text) name = code,
enum cudaError_t { CUDA_SHIM_ERRORS(CUDA_SHIM_CODE) };
using cudaError = cudaError_t;
#undef CUDA_SHIM_CODE

static inline const char *cudaGetErrorString(cudaError_t error) {
#define CUDA_SHIM_TEXT(name, code, text) \
  case name: return text;
  switch (error) { CUDA_SHIM_ERRORS(CUDA_SHIM_TEXT) }
#undef CUDA_SHIM_TEXT
  return "unrecognized error code";
}

static inline const char *cudaGetErrorName(cudaError_t error) {
#define CUDA_SHIM_NAME(name, code, text) \
  case name: return #name;
  switch (error) { CUDA_SHIM_ERRORS(CUDA_SHIM_NAME) }
#undef CUDA_SHIM_NAME
  return "unrecognized error code";
}

namespace cuda_shim {

inline cudaError_t lastError = cudaSuccess;

inline cudaError_t said(cudaError_t error) {
  if (error != cudaSuccess) lastError = error;
  return error;
}

}  // namespace cuda_shim

static inline cudaError_t cudaGetLastError() {
  const cudaError_t error = cuda_shim::lastError;
  cuda_shim::lastError = cudaSuccess;
  return error;
}
static inline cudaError_t cudaPeekAtLastError() { return cuda_shim::lastError; }
