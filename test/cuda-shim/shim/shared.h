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

/* All but what launches size. */
inline std::vector<Region> staticShared() {
  char *const own = dynamicShared(), *const behind = own + sizeof dynamic_shared;
  Locals locals = localsAround(own);
#if defined(__SANITIZE_ADDRESS__)
  if (!locals.variables.empty()) {
    __asan_poison_memory_region(locals.all.begin, static_cast<size_t>(locals.all.end - locals.all.begin));
    std::vector<Region> others;
    for (const Region &r : locals.variables) {
      __asan_unpoison_memory_region(r.begin, static_cast<size_t>(r.end - r.begin));
      if (r.begin != own) others.push_back(r);
    }
    return others;
  }
#endif
  return {{locals.all.begin, own}, {behind, locals.all.end}};
}

CUDA_SHIM_OWN void spoilShared(size_t dynamic) {
  static const std::vector<Region> others = staticShared();
  char *const own = dynamicShared();
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(own, sizeof dynamic_shared);
  __asan_poison_memory_region(own + dynamic, sizeof dynamic_shared - dynamic);
#endif
  memset(own, 0xff, dynamic);
  for (const Region &r : others) memset(r.begin, 0xff, static_cast<size_t>(r.end - r.begin));
}

}  // namespace cuda_shim
