/*
 * tiny: a neural network compiled by Espalier.
 *
 *     _Alignas(64) static unsigned char workspace[TINY_WORKSPACE_SIZE];
 *     tiny_inputs inputs = { .x = ... };
 *     tiny_outputs outputs = { .y = ... };
 *     if (tiny_run(&inputs, &outputs, workspace) != 0) ...
 *
 * Nothing is allocated and no variable is written but those passed in, so any number of threads may run the network at
 * once, each with a workspace of its own. Arrays are row-major, the last size fastest.
 *
 * Built for: any x86-64, with AVX2 or AVX-512 where it has them, or else what the compiler makes code for by default. By hand:
 *
 *     gcc -std=c11 -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -c tiny_dispatch.c tiny_baseline.c
 *     gcc -std=c11 -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -march=x86-64-v3 -c tiny_x86_64_v3.c
 *     gcc -std=c11 -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -march=x86-64-v4 -c tiny_x86_64_v4.c
 *
 * CMakeLists.txt does the same and installs a package.
 */
#ifndef TINY_H
#define TINY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the workspace. */
#define TINY_WORKSPACE_SIZE 64
/* Numbers in each array. */
#define TINY_INPUT_x_LENGTH 4
#define TINY_OUTPUT_y_LENGTH 4

/* What to compute from. Read only. */
typedef struct {
  const float *x; /* 1x4: "x" */
} tiny_inputs;

/* Where to put what is computed: memory that does not overlap the inputs or the workspace. */
typedef struct {
  float *y; /* 1x4: "y" */
} tiny_outputs;

enum {
  TINY_OK = 0,
  /* A pointer is null. */
  TINY_NULL = 1,
  /* An array is not aligned to its numbers, or the workspace not to 64 bytes. */
  TINY_MISALIGNED = 2,
  /* The CPU does not have the level. */
  TINY_NO_LEVEL = 3,
};

/* Bytes that tiny_run needs as its workspace, aligned to 64. The contents mean nothing between runs. */
size_t tiny_workspace_size(void);

/* Computes the outputs. Returns TINY_OK, or why nothing was done. */
int tiny_run(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace);

/* Levels of CPU that there is code for. */
enum {
  TINY_BASELINE = 0,
  TINY_X86_64_V3 = 1,
  TINY_X86_64_V4 = 2,
};

/* The highest of them that this CPU has: its code is what tiny_run runs. */
int tiny_level(void);

/*
 * As tiny_run, with the code of the level that is given, to compare or time it. Returns TINY_NO_LEVEL, and
 * nothing is done, if this CPU does not have the level.
 */
int tiny_run_at(int level, const tiny_inputs *inputs, tiny_outputs *outputs,
    void *workspace);

#ifdef __cplusplus
}
#endif

#endif
