/* Chooses the code of tiny by what the CPU can do, anew at every call: nothing is written. */
#include "tiny_levels.h"

/* Whether the CPU has a level: the little else that belongs to it comes with these on every CPU that there is. */
#if defined(__x86_64__)
static int has_x86_64_v3(void) {
  return __builtin_cpu_supports("avx2") &&
         __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

static int has_x86_64_v4(void) {
  return has_x86_64_v3() &&
         __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

#endif

size_t tiny_workspace_size(void) {
  return TINY_WORKSPACE_SIZE;
}

int tiny_level(void) {
#if defined(__x86_64__)
  if (has_x86_64_v4()) return TINY_X86_64_V4;
  if (has_x86_64_v3()) return TINY_X86_64_V3;
#endif
  return TINY_BASELINE;
}

int tiny_run_at(int level, const tiny_inputs *inputs, tiny_outputs *outputs,
    void *workspace) {
  if (level < TINY_BASELINE || level > tiny_level()) return TINY_NO_LEVEL;
#if defined(__x86_64__)
  if (level == TINY_X86_64_V3) return tiny_run_x86_64_v3(inputs, outputs, workspace);
  if (level == TINY_X86_64_V4) return tiny_run_x86_64_v4(inputs, outputs, workspace);
#endif
  return tiny_run_baseline(inputs, outputs, workspace);
}

int tiny_run(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace) {
  return tiny_run_at(tiny_level(), inputs, outputs, workspace);
}
