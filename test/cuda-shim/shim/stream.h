/*
 * Streams, events and graphs. What is given to a stream takes place when somebody waits for it, in the order of all streams, so a
 * program that forgets to wait reads what was there before. While a stream is captured it takes place when the graph is launched.
 */
#pragma once
#include <time.h>

#include <functional>
#include <memory>
#include <vector>

#include "memory.h"

namespace cuda_shim {

using Operation = std::function<cudaError_t()>;

struct Graph {
  std::vector<Operation> operations;
};

}  // namespace cuda_shim

/* By this name headers declare streams that do not include CUDA's. */
struct CUstream_st {
  cuda_shim::Graph *capture = nullptr;
  bool invalidated = false;
};

namespace cuda_shim {

using Stream = ::CUstream_st;

struct Event {
  unsigned long long number = 0;
  double time = 0;
};

struct Pending {
  Stream *stream;
  Operation operation;
};

struct Queue {
  std::vector<Pending> pending;
  /* Of the first that is pending. */
  unsigned long long number = 1;
  cudaError_t failed = cudaSuccess;
  Stream usual;
  int capturing = 0;
};

inline Queue queue;

inline double seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

inline cudaError_t runUntil(unsigned long long behind) {
  while (queue.number < behind && !queue.pending.empty()) {
    std::vector<Pending> work;
    work.swap(queue.pending);
    size_t done = 0;
    for (; done < work.size() && queue.number < behind; done++, queue.number++) {
      const cudaError_t error = work[done].operation();
      if (error != cudaSuccess && queue.failed == cudaSuccess) queue.failed = error;
    }
    work.erase(work.begin(), work.begin() + static_cast<long>(done));
    queue.pending.swap(work);
  }
  return said(queue.failed);
}

inline cudaError_t runAll() { return runUntil(queue.number + queue.pending.size()); }

inline cudaError_t give(Stream *stream, Operation operation) {
  const cudaError_t error = usable();
  if (error != cudaSuccess) return error;
  Stream *const to = stream ? stream : &queue.usual;
  if (to->capture) to->capture->operations.push_back(std::move(operation));
  else queue.pending.push_back({to, std::move(operation)});
  return said(queue.failed);
}

/* What waits for the device while something is captured spoils that. */
inline cudaError_t mayWait() {
  const cudaError_t error = usable();
  if (error != cudaSuccess) return error;
  return said(queue.capturing ? cudaErrorStreamCaptureUnsupported : cudaSuccess);
}

}  // namespace cuda_shim

using cudaStream_t = cuda_shim::Stream *;
using cudaEvent_t = cuda_shim::Event *;
using cudaGraph_t = cuda_shim::Graph *;
using cudaGraphExec_t = cuda_shim::Graph *;
enum { cudaStreamDefault = 0, cudaStreamNonBlocking = 1, cudaEventDefault = 0, cudaEventDisableTiming = 2 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal, cudaStreamCaptureModeRelaxed };
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusNone, cudaStreamCaptureStatusActive, cudaStreamCaptureStatusInvalidated };
enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice,
  cudaMemcpyDefault
};

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  *stream = nullptr;
  const cudaError_t error = cuda_shim::usable();
  if (error == cudaSuccess) *stream = new cuda_shim::Stream;
  return error;
}
static inline cudaError_t cudaStreamCreate(cudaStream_t *stream) { return cudaStreamCreateWithFlags(stream, 0); }
static inline cudaError_t cudaDeviceSynchronize() {
  const cudaError_t error = cuda_shim::mayWait();
  return error == cudaSuccess ? cuda_shim::runAll() : error;
}
static inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const cudaError_t error = cuda_shim::runAll();
  delete stream;
  return error;
}
static inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const cudaError_t error = cuda_shim::mayWait();
  if (error != cudaSuccess) return error;
  cuda_shim::Queue &queue = cuda_shim::queue;
  unsigned long long behind = queue.number;
  for (size_t i = 0; i < queue.pending.size(); i++)
    if (!stream || queue.pending[i].stream == stream) behind = queue.number + i + 1;
  return cuda_shim::runUntil(behind);
}

static inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
  *event = new cuda_shim::Event;
  return cuda_shim::usable();
}
static inline cudaError_t cudaEventCreate(cudaEvent_t *event) { return cudaEventCreateWithFlags(event, 0); }
static inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const cudaError_t error = cuda_shim::runAll();
  delete event;
  return error;
}
static inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr) {
  const cudaError_t error = cuda_shim::give(stream, [event] {
    event->time = cuda_shim::seconds();
    return cudaSuccess;
  });
  event->number = cuda_shim::queue.number + cuda_shim::queue.pending.size();
  return error;
}
enum { cudaEventRecordDefault = 0, cudaEventRecordExternal = 1 };
/* In a graph an event is recorded whenever that is launched, and is there when somebody has waited for the stream. */
static inline cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  if (flags != cudaEventRecordExternal || !stream || !stream->capture) return cudaEventRecord(event, stream);
  event->number = 0;
  return cuda_shim::give(stream, [event] {
    event->time = cuda_shim::seconds();
    return cudaSuccess;
  });
}
static inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const cudaError_t error = cuda_shim::mayWait();
  return error == cudaSuccess ? cuda_shim::runUntil(event->number) : error;
}
static inline cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t begin, cudaEvent_t end) {
  if (cuda_shim::queue.number < end->number) return cuda_shim::said(cudaErrorNotReady);
  *ms = static_cast<float>((end->time - begin->time) * 1e3);
  return cudaSuccess;
}
/* All streams keep the order they are given things in. */
static inline cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned = 0) { return cuda_shim::usable(); }

static inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (!stream) return cuda_shim::said(cudaErrorStreamCaptureUnsupported);
  if (stream->capture) return cuda_shim::said(cudaErrorInvalidValue);
  const cudaError_t error = cuda_shim::usable();
  if (error != cudaSuccess) return error;
  stream->capture = new cuda_shim::Graph;
  cuda_shim::queue.capturing++;
  return cudaSuccess;
}
static inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
  *graph = nullptr;
  if (!stream || !stream->capture) return cuda_shim::said(cudaErrorInvalidValue);
  *graph = stream->capture;
  stream->capture = nullptr;
  cuda_shim::queue.capturing--;
  return cudaSuccess;
}
static inline cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status) {
  *status = stream && stream->capture ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
static inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long = 0) {
  *exec = new cuda_shim::Graph(*graph);
  return cuda_shim::usable();
}
static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  for (const cuda_shim::Operation &operation : exec->operations) {
    const cudaError_t error = cuda_shim::give(stream, operation);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}
static inline cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cuda_shim::usable(); }
static inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) { return cudaGraphDestroy(exec); }

namespace cuda_shim {

/* A copy from memory of the host that is not pinned reads it at once, unless it is captured. */
inline cudaError_t giveCopy(void *to, const void *from, size_t bytes, Stream *stream) {
  const bool moves = within(memory.device, from) || within(memory.pinned, from) || (stream && stream->capture);
  if (moves)
    return give(stream, [to, from, bytes] {
      memmove(to, from, bytes);
      return cudaSuccess;
    });
  const char *const begin = static_cast<const char *>(from);
  return give(stream, [to, kept = std::make_shared<std::vector<char>>(begin, begin + bytes)] {
    memcpy(to, kept->data(), kept->size());
    return cudaSuccess;
  });
}

/* Whether both ends lie where the kind of copy says. */
inline bool misplaced(const void *to, const void *from, cudaMemcpyKind kind) {
  const bool toDevice = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool fromDevice = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  return kind != cudaMemcpyDefault && (within(memory.device, to) != toDevice || within(memory.device, from) != fromDevice);
}

}  // namespace cuda_shim

static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                                          cudaStream_t stream = nullptr) {
  if (bytes == 0) return cuda_shim::usable();
  if (cuda_shim::misplaced(to, from, kind)) return cuda_shim::said(cudaErrorInvalidValue);
  return cuda_shim::giveCopy(to, from, bytes, stream);
}
static inline cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
  cudaError_t error = cuda_shim::mayWait();
  if (error == cudaSuccess) error = cudaMemcpyAsync(to, from, bytes, kind);
  return error == cudaSuccess ? cuda_shim::runAll() : error;
}
static inline cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream = nullptr) {
  if (bytes > 0 && !cuda_shim::within(cuda_shim::memory.device, to)) return cuda_shim::said(cudaErrorInvalidValue);
  return cuda_shim::give(stream, [to, value, bytes] {
    memset(to, value, bytes);
    return cudaSuccess;
  });
}
static inline cudaError_t cudaMemset(void *to, int value, size_t bytes) {
  const cudaError_t error = cudaMemsetAsync(to, value, bytes);
  return error == cudaSuccess ? cuda_shim::runAll() : error;
}
static inline cudaError_t cudaFree(void *p) {
  const cudaError_t error = cuda_shim::runAll();
  const cudaError_t own = cuda_shim::giveBack(p);
  return error == cudaSuccess ? own : error;
}
template <class T>
static inline cudaError_t cudaMallocAsync(T **to, size_t bytes, cudaStream_t) { return cudaMalloc(to, bytes); }
static inline cudaError_t cudaFreeAsync(void *p, cudaStream_t) { return cudaFree(p); }
