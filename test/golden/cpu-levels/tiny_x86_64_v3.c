/* tiny for CPUs of the level x86-64-v3: compile with -march=x86-64-v3. On other CPUs nothing is here. */
#include "tiny_levels.h"

#if defined(__x86_64__)
#if !defined(__AVX2__)
#error "compile this with -march=x86-64-v3, which takes gcc 11 or clang 12"
#endif
#define TINY_RUN tiny_run_x86_64_v3
#include "tiny.c"
#endif
