/*
 * tiny: a neural network compiled by Espalier.
 *
 *     _Alignas(64) static unsigned char workspace[TINY_WORKSPACE_SIZE];
 *     tiny_inputs inputs = { .image = ... };
 *     tiny_outputs outputs = { .probability = ... };
 *     if (tiny_run(&inputs, &outputs, workspace) != 0) ...
 *
 * Nothing is allocated and no variable is written but those passed in, so any number of threads may run the network at
 * once, each with a workspace of its own. Arrays are row-major, the last size fastest.
 *
 * Built for: what the compiler makes code for by default. By hand:
 *
 *     gcc -std=c11 -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -c tiny.c tiny_weights.c
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
#define TINY_WORKSPACE_SIZE 12032
/* Numbers in each array. */
#define TINY_INPUT_image_LENGTH 56
#define TINY_OUTPUT_probability_LENGTH 112

/* What to compute from. Read only. */
typedef struct {
  const float *image; /* 1x4x7x2: "image" */
} tiny_inputs;

/* Where to put what is computed: memory that does not overlap the inputs or the workspace. */
typedef struct {
  float *probability; /* 1x4x7x4: "probability" */
} tiny_outputs;

enum {
  TINY_OK = 0,
  /* A pointer is null. */
  TINY_NULL = 1,
  /* An array is not aligned to its numbers, or the workspace not to 64 bytes. */
  TINY_MISALIGNED = 2,
};

/* Bytes that tiny_run needs as its workspace, aligned to 64. The contents mean nothing between runs. */
size_t tiny_workspace_size(void);

/* Computes the outputs. Returns TINY_OK, or why nothing was done. */
int tiny_run(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace);

#ifdef __cplusplus
}
#endif

#endif
