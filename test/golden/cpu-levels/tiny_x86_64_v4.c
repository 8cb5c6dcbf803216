/* tiny for CPUs of the level x86-64-v4: compile with -march=x86-64-v4. On other CPUs nothing is here. */
#include "tiny_levels.h"

#if defined(__x86_64__)
#if !defined(__AVX512VL__)
#error "compile this with -march=x86-64-v4, which takes gcc 11 or clang 12"
#endif
#define TINY_RUN tiny_run_x86_64_v4
#include "tiny.c"
#endif
