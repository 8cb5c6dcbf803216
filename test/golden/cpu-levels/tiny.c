/* tiny: see tiny.h for how to call and compile this. */
#include "tiny.h"

#include <math.h>
#include <string.h>

#if !defined(TINY_RUN)
#error "compile tiny_baseline.c and its like, which include this under a name for each level of CPU"
#endif

#if !defined(__GNUC__)
#error "this takes gcc or clang: vectors are GNU C's"
#endif
#if defined(__FAST_MATH__)
#error "this takes a compiler that keeps the order of sums: compile without -ffast-math"
#endif

#define INLINE static inline __attribute__((unused))

// Stands before every step: a place to count and time them, from outside.
#ifndef STEP
#define STEP(index)
#endif

INLINE uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

INLINE float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/*
 * Vectors as wide as the CPU's registers, in GNU C. Images lie in panels: LANES neighbouring pixels of one channel side
 * by side, then those of the next channel, then the next LANES pixels. A kernel works on one panel at a time, and adds up
 * in SUMS registers. Loads may reach past a panel into its neighbours, never past the image.
 */
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#elif defined(__SSE2__) || defined(__aarch64__) || defined(__riscv_vector)
#define VECTOR_BYTES 16
#else
#define VECTOR_BYTES 4
#endif
#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum {
  LANES = 64,
  WIDTH = VECTOR_BYTES / 4,
  VECTORS = LANES / WIDTH,
  /* Vectors of another panel that go with one panel at most. */
  FUSED = VECTORS / 4,
#if VECTOR_BYTES == 64 || !defined(__SSE2__)
  SUMS = 16,
#else
  SUMS = 8,
#endif
};

/* clang splits vectors of 64 bytes unless told otherwise. */
#if defined(__clang__) && VECTOR_BYTES == 64
#define WIDE __attribute__((min_vector_width(512)))
#else
#define WIDE
#endif
#define UNROLLED static inline __attribute__((always_inline, unused)) WIDE

/* Shared by layers: a copy for each would be large and no faster. */
#if defined(__clang__)
#define ROUTINE static __attribute__((noinline, unused)) WIDE
#else
#define ROUTINE static __attribute__((noinline, noclone, unused))
#endif

#if VECTOR_BYTES == 4
typedef float vec;
typedef int32_t mask;
UNROLLED vec vec_all(float x) { return x; }
UNROLLED vec vec_max(vec a, vec b) { return a < b ? b : a; }
UNROLLED vec vec_min(vec a, vec b) { return b < a ? b : a; }
UNROLLED vec vec_keep(vec a, mask kept) { return float_of(bits_of(a) & (uint32_t)kept); }
UNROLLED vec vec_either(vec a, vec b) { return float_of(bits_of(a) | bits_of(b)); }
#else
typedef float vec __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t mask __attribute__((vector_size(VECTOR_BYTES)));
UNROLLED vec vec_all(float x) { return x - (vec){0}; }
UNROLLED vec vec_keep(vec a, mask kept) { return (vec)((mask)a & kept); }
UNROLLED vec vec_either(vec a, vec b) { return (vec)((mask)a | (mask)b); }
#if VECTOR_BYTES == 64
UNROLLED vec vec_max(vec a, vec b) { return _mm512_max_ps(b, a); }
UNROLLED vec vec_min(vec a, vec b) { return _mm512_min_ps(b, a); }
#elif VECTOR_BYTES == 32
UNROLLED vec vec_max(vec a, vec b) { return _mm256_max_ps(b, a); }
UNROLLED vec vec_min(vec a, vec b) { return _mm256_min_ps(b, a); }
#elif defined(__SSE2__)
UNROLLED vec vec_max(vec a, vec b) { return _mm_max_ps(b, a); }
UNROLLED vec vec_min(vec a, vec b) { return _mm_min_ps(b, a); }
#else
UNROLLED vec vec_choose(mask first, vec a, vec b) { return vec_either(vec_keep(a, first), vec_keep(b, ~first)); }
UNROLLED vec vec_max(vec a, vec b) { return vec_choose(a < b, b, a); }
UNROLLED vec vec_min(vec a, vec b) { return vec_choose(b < a, b, a); }
#endif
#endif

UNROLLED vec vec_load(const float *from) {
  vec v;
  memcpy(&v, from, sizeof v);
  return v;
}

#if VECTOR_BYTES > 4
/* Every second lane of two vectors, from the first lane or the second. */
#if VECTOR_BYTES == 64
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif VECTOR_BYTES == 32
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#elif VECTOR_BYTES == 16
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#endif
UNROLLED vec vec_even(vec a, vec b) { return __builtin_shufflevector(a, b, EVEN); }
UNROLLED vec vec_odd(vec a, vec b) { return __builtin_shufflevector(a, b, ODD); }
#endif

UNROLLED mask mask_load(const int32_t *from) {
  mask m;
  memcpy(&m, from, sizeof m);
  return m;
}

UNROLLED vec vec_add(vec a, vec b) { return a + b; }
UNROLLED void vec_store(float *to, vec v) { memcpy(to, &v, sizeof v); }

UNROLLED vec vec_clamp(vec v, float low, float high) { return vec_min(vec_max(v, vec_all(low)), vec_all(high)); }

/* Vectors that hold `pixels` lanes of a panel, or all of them if there are more. */
UNROLLED int32_t vectors_for(int32_t pixels) { return pixels < LANES ? (pixels + WIDTH - 1) / WIDTH : (int32_t)VECTORS; }

/* What a function of single numbers takes. */
struct map {
  const float *x;
  float *y;
  int32_t count;
};

/* neg of every number. */
ROUTINE void map_neg(const struct map *p) {
  const float *const restrict x = p->x;
  float *const restrict y = p->y;
  const int32_t count = p->count;
  for (int32_t i = 0; i < count; ++i) {
    const float of_x = x[i];
    y[i] = (-of_x);
  }
}

int TINY_RUN(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace) {
  if (inputs == NULL || outputs == NULL || workspace == NULL) return TINY_NULL;
  if (inputs->x == NULL) return TINY_NULL;
  if ((uintptr_t)inputs->x % _Alignof(float) != 0) return TINY_MISALIGNED;
  if (outputs->y == NULL) return TINY_NULL;
  if ((uintptr_t)outputs->y % _Alignof(float) != 0) return TINY_MISALIGNED;
  if ((uintptr_t)workspace % 64 != 0) return TINY_MISALIGNED;

  const float *const v_x = inputs->x;
  float *const v_y = outputs->y;

  // %y = unary(%x) fn=neg : f32[1x4]
  STEP(0) map_neg(&(const struct map){
    .x = v_x, .y = v_y, .count = 4,
  });

  return TINY_OK;
}
