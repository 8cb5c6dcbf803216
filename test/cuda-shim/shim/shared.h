/*
 * Shared memory. Every block finds it full of ones, which are NaN, so that what is read before it is written is seen.
 *
 * Kernels declare what a launch sizes as
 *   extern __shared__ __align__(128) unsigned char dynamic_shared[];
 * The address sanitiser knows how much of it the launch asked for, and where the variables that kernels have end: it leaves those alone that
 * are local to threads, so what lies between them is closed here, and types.h leaves room.
 */
#pragma once
#include <string.h>

#include "fibre.h"
#include "symbols.h"
#include "types.h"

/* What a block of compute capability 9.0 can have. */
inline __shared__ __align__(1024) unsigned char dynamic_shared[232448];

/* What prepares it, nothing: templates that declare it once more call this. */
extern "C" __attribute__((weak)) void cuda_shim_prepare_shared() asm("_ZTH14dynamic_shared");
extern "C" __attribute__((weak)) void cuda_shim_prepare_shared() {}

namespace cuda_shim {

CUDA_SHIM_OWN char *dynamicShared() { return reinterpret_cast<char *>(dynamic_shared); }

inline void spoil(char *begin, char *end) { memset(begin, 0xff, static_cast<size_t>(end - begin)); }

inline Locals findShared() {
  const Locals found = localsAround(dynamicShared());
#if defined(__SANITIZE_ADDRESS__)
  if (found.count > 0) __asan_poison_memory_region(found.all.begin, static_cast<size_t>(found.all.end - found.all.begin));
  for (size_t i = 0; i < found.count; i++) {
    const Region &r = found.variables[i];
    __asan_unpoison_memory_region(r.begin, static_cast<size_t>(r.end - r.begin));
  }
#endif
  return found;
}

CUDA_SHIM_OWN const Locals &shared() {
  static const Locals found = findShared();
  return found;
}

/* Bytes as they are, for no sanitiser to see. */
CUDA_SHIM_OWN void copyUnseen(void *to, const void *from, size_t bytes) {
#if defined(__x86_64__)
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
#else
  volatile char *const t = static_cast<volatile char *>(to);
  for (size_t i = 0; i < bytes; i++) t[i] = static_cast<const volatile char *>(from)[i];
#endif
}

CUDA_SHIM_OWN void spoilShared(size_t dynamic) {
  const Locals &found = shared();
  char *const own = dynamicShared(), *const behind = own + sizeof dynamic_shared;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(own, sizeof dynamic_shared);
  __asan_poison_memory_region(own + dynamic, sizeof dynamic_shared - dynamic);
#endif
  spoil(own, own + dynamic);
  for (size_t i = 0; i < found.count; i++)
    if (found.variables[i].begin != own) spoil(found.variables[i].begin, found.variables[i].end);
  if (found.count == 0) spoil(found.all.begin, own), spoil(behind, found.all.end);
}

}  // namespace cuda_shim
