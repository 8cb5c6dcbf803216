/*
 * Shared memory. Every block finds it full of ones, which are NaN, so that what is read before it is written is seen.
 *
 * Kernels declare what a launch sizes as
 *   extern __shared__ __align__(128) unsigned char dynamic_shared[];
 * and the address sanitiser knows how much of it the launch asked for.
 */
#pragma once
#include <link.h>
#include <string.h>

#include "fibre.h"
#include "types.h"

/* What a block of compute capability 9.0 can have. */
inline __shared__ __align__(1024) unsigned char dynamic_shared[232448];

namespace cuda_shim {

struct Region {
  char *begin = nullptr, *end = nullptr;
};

/* The variables local to this thread of the module that holds the kernels. */
inline Region threadLocals() {
  Region region;
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *found) {
        char *const data = static_cast<char *>(info->dlpi_tls_data);
        for (int i = 0; data && i < info->dlpi_phnum; i++) {
          const auto &header = info->dlpi_phdr[i];
          if (header.p_type != PT_TLS) continue;
          const Region r{data, data + header.p_memsz};
          char *const own = reinterpret_cast<char *>(dynamic_shared);
          if (own >= r.begin && own < r.end) *static_cast<Region *>(found) = r;
        }
        return 0;
      },
      &region);
  return region;
}

CUDA_SHIM_OWN void spoilShared(size_t dynamic) {
  static const Region all = threadLocals();
  char *const own = reinterpret_cast<char *>(dynamic_shared), *const behind = own + sizeof dynamic_shared;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(own, sizeof dynamic_shared);
  __asan_poison_memory_region(own + dynamic, sizeof dynamic_shared - dynamic);
#endif
  memset(all.begin, 0xff, static_cast<size_t>(own - all.begin));
  memset(own, 0xff, dynamic);
  memset(behind, 0xff, static_cast<size_t>(all.end - behind));
}

}  // namespace cuda_shim
