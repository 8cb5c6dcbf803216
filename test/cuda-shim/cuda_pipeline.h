/* Copies to shared memory beside the thread, in groups. */
#pragma once
#include "cuda_runtime.h"

static inline void __pipeline_memcpy_async(void *to, const void *from, size_t bytes, size_t zeros = 0) {
  cuda_shim::copyAsync(to, from, static_cast<unsigned>(bytes), static_cast<unsigned>(bytes - zeros));
}
static inline void __pipeline_commit() { cuda_shim::commitCopies(); }
static inline void __pipeline_wait_prior(size_t groups) { cuda_shim::waitForCopies(static_cast<int>(groups)); }
