/*
 * The code of tiny for each level of CPU. tiny_dispatch.c chooses one.
 * Callers include tiny.h alone.
 */
#ifndef TINY_LEVELS_H
#define TINY_LEVELS_H

#include "tiny.h"

#if defined(__ELF__)
#pragma GCC visibility push(hidden)
#endif

int tiny_run_baseline(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace);
int tiny_run_x86_64_v3(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace);
int tiny_run_x86_64_v4(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace);

#if defined(__ELF__)
#pragma GCC visibility pop
#endif

#endif
