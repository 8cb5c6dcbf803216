/* What programs of tests have from the runtime: arrays of the device, and launches that say what went wrong. */
#pragma once
#include <cuda_runtime.h>
#include <stdio.h>

#include <vector>

#define DO(call)                                                                             \
  do {                                                                                       \
    const cudaError_t error = (call);                                                        \
    if (error != cudaSuccess) printf("%s: %s\n", cudaGetErrorName(error), cudaGetErrorString(error)); \
  } while (0)

template <class T>
struct Array {
  T *at = nullptr;
  size_t length;
  explicit Array(size_t n) : length(n) { DO(cudaMalloc(&at, n * sizeof(T))); }
  ~Array() { DO(cudaFree(at)); }
  void set(const std::vector<T> &v) { DO(cudaMemcpy(at, v.data(), v.size() * sizeof(T), cudaMemcpyHostToDevice)); }
  std::vector<T> get() {
    std::vector<T> v(length);
    DO(cudaMemcpy(v.data(), at, length * sizeof(T), cudaMemcpyDeviceToHost));
    return v;
  }
};

template <class... A, class... Given>
void launch(void (*kernel)(A...), dim3 grid, dim3 shape, size_t dynamic, Given... given) {
  const cudaLaunchConfig_t config = {grid, shape, dynamic, nullptr, nullptr, 0};
  DO(cudaLaunchKernelEx(&config, kernel, given...));
}
