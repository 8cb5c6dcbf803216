/* What test/cuda-shim.test.ts runs: a part of it by name. */
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <string.h>

#include "run.h"

/* One block for each line: warps by shuffles, the block through shared memory. */
__global__ void __launch_bounds__(96) sumLines(const float *__restrict__ x, float *__restrict__ y, int n) {
  __shared__ float parts[3];
  float sum = 0.0f;
  for (int i = static_cast<int>(threadIdx.x); i < n; i += static_cast<int>(blockDim.x))
    sum += __ldg(&x[static_cast<int>(blockIdx.x) * n + i]);
  for (int by = 16; by > 0; by /= 2) sum += __shfl_down_sync(0xffffffffu, sum, by);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) y[blockIdx.x] = parts[0] + parts[1] + parts[2];
}

/* Numbers of a warp in reverse, by memory that is sized by the launch. */
__global__ void reverse(const float4 *x, float4 *y, bool waits) {
  extern __shared__ __align__(128) unsigned char dynamic_shared[];
  float4 *const place = reinterpret_cast<float4 *>(dynamic_shared);
  place[threadIdx.x] = x[threadIdx.x];
  if (waits) __syncthreads();
  y[threadIdx.x] = place[blockDim.x - 1 - threadIdx.x];
}

__global__ void shuffles(int *y) {
  const int lane = static_cast<int>(threadIdx.x);
  const unsigned all = 0xffffffffu;
  y[lane] = __shfl_sync(all, lane, lane + 1);
  y[32 + lane] = __shfl_sync(all, lane, 3, 8);
  y[64 + lane] = __shfl_up_sync(all, lane, 2, 16);
  y[96 + lane] = __shfl_down_sync(all, lane, 2, 16);
  y[128 + lane] = __shfl_xor_sync(all, lane, 5);
  y[160 + lane] = static_cast<int>(__ballot_sync(all, lane % 3 == 0));
  y[192 + lane] = __any_sync(all, lane == 7) + 2 * __all_sync(all, lane < 32) + 4 * __all_sync(all, lane == 7);
  if (lane < 8) y[224 + lane] = __shfl_xor_sync(0xffu, lane, 1);
  else y[224 + lane] = __shfl_xor_sync(0xffffff00u, lane, 16);
  y[256 + lane] = __syncthreads_count(lane < 5);
}

__global__ void leaves(int *y) {
  if (threadIdx.x == 5) return;
  __syncthreads();
  y[threadIdx.x] = 1;
}

__global__ void parts(int *y) {
  if (threadIdx.x < 32) __syncthreads();
  else
    __syncthreads();
  y[threadIdx.x] = 1;
}

__global__ void waitsInVain(int *y) {
  if (threadIdx.x == 3) return;
  y[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1, 1);
}

__global__ void readsFirst(float *y) {
  __shared__ float place[32];
  y[threadIdx.x] = place[threadIdx.x];
  place[threadIdx.x] = 1.0f;
}

__global__ void beyond(float *y) {
  extern __shared__ __align__(128) unsigned char dynamic_shared[];
  reinterpret_cast<float *>(dynamic_shared)[threadIdx.x] = 1.0f;
  y[threadIdx.x] = 1.0f;
}

/* Static arrays, the one between the others read and written at any place. */
__global__ void overruns(float *y, int reads, int writes) {
  __shared__ float before[32];
  __shared__ __align__(16) float between[4][256];
  __shared__ float behind[1024];
  float *const place = &between[0][0];
  before[threadIdx.x] = behind[threadIdx.x] = 1.0f;
  place[writes + static_cast<int>(threadIdx.x)] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = place[reads + static_cast<int>(threadIdx.x)] + before[threadIdx.x] + behind[threadIdx.x];
}

/* Warps by themselves, of which the later have the stacks of the earlier; what a lane wrote is another's behind a barrier alone. */
__global__ void neighbours(float *y, bool waits) {
  __shared__ float place[256];
  float sum = 1.0f;
  for (int by = 16; by > 0; by /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, by);
  place[threadIdx.x] = sum;
  if (waits) __syncwarp();
  else
    sum += __shfl_xor_sync(0xffffffffu, 0.0f, 1);
  y[threadIdx.x] = place[threadIdx.x ^ 1u] + static_cast<float>(__ballot_sync(0xffffffffu, sum > 0.0f));
}

__global__ void add(float *y, float x, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] += x;
}

__global__ void count(unsigned *n) { atomicAdd(n, 1u + threadIdx.x % 2); }

static void print(const std::vector<float> &v) {
  for (float x : v) printf("%g ", static_cast<double>(x));
  printf("\n");
}

static void runSums() {
  Array<float> x(500), y(5);
  std::vector<float> given(500);
  for (size_t i = 0; i < 500; i++) given[i] = static_cast<float>(i % 7);
  x.set(given);
  launch(sumLines, 5, 96, 0, x.at, y.at, 100);
  print(y.get());
}

static void runReverse(bool waits) {
  Array<float4> x(64), y(64);
  std::vector<float4> given(64);
  for (size_t i = 0; i < 64; i++) given[i].x = static_cast<float>(i);
  x.set(given);
  launch(reverse, 1, 64, 64 * sizeof(float4), x.at, y.at, waits);
  bool reversed = true;
  const std::vector<float4> got = y.get();
  for (size_t i = 0; i < 64; i++) reversed = reversed && got[i].x == static_cast<float>(63 - i);
  puts(reversed ? "reversed" : "not reversed");
}

static void runShuffles() {
  Array<int> y(9 * 32);
  launch(shuffles, 1, 32, 0, y.at);
  const std::vector<int> got = y.get();
  for (size_t i = 0; i < got.size(); i++) printf("%d%c", got[i], i % 32 == 31 ? '\n' : ' ');
}

/* Three launches as a graph, replayed; the stream forgets none and runs none early. */
static void runGraph() {
  Array<float> y(3);
  y.set({0, 10, 20});
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  int n = 3;
  DO(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  DO(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < 3; i++) {
    float one = static_cast<float>(i + 1);
    void *args[] = {&y.at, &one, &n};
    DO(cudaLaunchKernel(add, dim3(1), dim3(32), args, 0, stream));
  }
  DO(cudaStreamSynchronize(stream));
  DO(cudaStreamEndCapture(stream, &graph));
  DO(cudaGraphInstantiate(&exec, graph, 0));
  DO(cudaGraphDestroy(graph));
  print(y.get());
  DO(cudaGraphLaunch(exec, stream));
  DO(cudaGraphLaunch(exec, stream));
  std::vector<float> early(3, -1.0f);
  DO(cudaMemcpyAsync(early.data(), y.at, 12, cudaMemcpyDeviceToHost, stream));
  print(early);
  DO(cudaStreamSynchronize(stream));
  print(early);
  DO(cudaGraphExecDestroy(exec));
  DO(cudaStreamDestroy(stream));
}

static void runFaults() {
  int devices = 0, version = 0, major = 0;
  DO(cudaGetDeviceCount(&devices));
  DO(cudaDriverGetVersion(&version));
  DO(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
  printf("%d devices, driver %d, compute capability %d\n", devices, version, major);
  Array<float> y(1000);
  launch(add, 1, 32, 0, y.at, 1.0f, 0);
  launch(add, 1, 2048, 0, y.at, 1.0f, 0);
  launch(add, 1, 32, 50000, y.at, 1.0f, 0);
  DO(cudaMemcpy(y.at, y.at, 4, cudaMemcpyHostToDevice));
}

/* Numbers come and go as bytes: what each function makes of them. */
static void runNarrow() {
  std::vector<float> x(1 << 16);
  x.resize(fread(x.data(), 4, x.size(), stdin));
  for (float v : x) {
    const __half h = __float2half_rn(v);
    const __nv_bfloat16 b = __float2bfloat16_rn(v);
    const unsigned short bits[2] = {__half_as_ushort(h), __bfloat16_as_ushort(b)};
    fwrite(bits, 2, 2, stdout);
  }
  for (unsigned i = 0; i < 65536; i++) {
    const float v = __half2float(__ushort_as_half(static_cast<unsigned short>(i)));
    fwrite(&v, 4, 1, stdout);
  }
  for (size_t i = 0; i + 2 < x.size(); i++) {
    const __half a(x[i]), b(x[i + 1]), c(x[i + 2]);
    const __half results[3] = {__hadd(a, b), __hmul(a, b), __hfma(a, b, c)};
    fwrite(results, 2, 3, stdout);
  }
}

int main(int argc, char **argv) {
  const char *part = argc > 1 ? argv[1] : "";
  const auto is = [part](const char *name) { return strcmp(part, name) == 0; };
  if (is("sums")) runSums();
  if (is("reverse")) runReverse(true);
  if (is("race")) runReverse(false);
  if (is("shuffles")) runShuffles();
  if (is("graph")) runGraph();
  if (is("faults")) runFaults();
  if (is("narrow")) runNarrow();
  Array<int> y(64);
  Array<float> z(256);
  if (is("leaves")) launch(leaves, 1, 64, 0, y.at), y.get();
  if (is("parts")) launch(parts, 1, 64, 0, y.at), y.get();
  if (is("vain")) launch(waitsInVain, 1, 64, 0, y.at), y.get();
  if (is("beyond")) launch(beyond, 1, 32, 64, z.at), z.get();
  if (is("within")) launch(overruns, 2, 32, 0, z.at, 992, 992), print(z.get());
  if (is("reads")) launch(overruns, 1, 32, 0, z.at, 993, 0), z.get();
  if (is("reads-before")) launch(overruns, 1, 32, 0, z.at, -1, 0), z.get();
  if (is("writes")) launch(overruns, 1, 32, 0, z.at, 0, 993), z.get();
  if (is("neighbours")) launch(neighbours, 1, 256, 0, z.at, true), z.get();
  if (is("shuffled")) launch(neighbours, 1, 256, 0, z.at, false), z.get();
  if (is("outside")) launch(add, 9, 32, 0, z.at, 1.0f, 288), z.get();
  if (is("unwritten")) {
    launch(readsFirst, 2, 32, 0, z.at);
    const std::vector<float> got = z.get();
    puts(got[0] != got[0] && got[31] != got[31] ? "NaN" : "numbers");
  }
  if (is("count")) {
    Array<unsigned> n(1);
    n.set({0});
    launch(count, dim3(5, 3, 2), dim3(8, 4, 2), 0, n.at);
    printf("%u\n", n.get()[0]);
  }
  return 0;
}
