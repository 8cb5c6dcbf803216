/* tiny: see tiny.h for how to call and compile this. */
#include "tiny.h"

#include <math.h>
#include <string.h>

#include "tiny_weights.h"

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

/* Towards zero; NaN gives 0, and numbers out of range the nearest integer. */
INLINE int32_t float_to_int(float x) {
  if (!(x > -2147483648.0f)) return x != x ? 0 : INT32_MIN;
  return x < 2147483648.0f ? (int32_t)x : INT32_MAX;
}

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

/* NaN in a stays, as it does in max_f32. */
INLINE float min_f32(float a, float b) { return b < a ? b : a; }

INLINE float max_f32(float a, float b) { return a < b ? b : a; }

/*
 * e^x, within 1.05 units in the last place.
 * x = n log 2 + r with |r| <= log 2 / 2; 12582912 is 1.5 * 2^23, whose sum with n holds n in its lowest bits.
 */
INLINE float exp_f32(float x) {
  const float bounded = min_f32(max_f32(x, -104.0f), 89.0f);
  const float shifted = bounded * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 0.00138145964f;
  p = p * r + 0.00836871657f;
  p = p * r + 0.0416683890f;
  p = p * r + 0.166665211f;
  p = p * r + 0.49999994f;
  const float e = p * (r * r) + r + 1.0f;
  /* 2^n in two steps, so that neither leaves the range of normal numbers. */
  const int32_t k = (int32_t)(bits_of(shifted) - 0x4b400000u);
  const int32_t half = k >> 1;
  return e * float_of((uint32_t)(half + 127) << 23) * float_of((uint32_t)(k - half + 127) << 23);
}

/* The hyperbolic tangent, within 1.4 units in the last place. */
INLINE float tanh_f32(float x) {
  const float z = x * x;
  float p = -0.00570498547f;
  p = p * z + 0.0206390861f;
  p = p * z - 0.0537397154f;
  p = p * z + 0.133314416f;
  p = p * z - 0.333332807f;
  const float near = x + x * (z * p);
  const float magnitude = fabsf(x);
  const float far = 1.0f - 2.0f / (exp_f32(2.0f * magnitude) + 1.0f);
  const float wanted = magnitude < 0.625f ? fabsf(near) : far;
  return float_of(bits_of(wanted) | (bits_of(x) & 0x80000000u));
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

/* Several are to use what was loaded once: compilers would load it again for each. */
UNROLLED vec vec_held(vec v) {
#if VECTOR_BYTES == 64
  __asm__("" : "+v"(v));
#elif defined(__SSE2__)
  __asm__("" : "+x"(v));
#elif defined(__aarch64__)
  __asm__("" : "+w"(v));
#endif
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

UNROLLED int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

/* Vectors that hold `pixels` lanes of a panel, or all of them if there are more. */
UNROLLED int32_t vectors_for(int32_t pixels) { return pixels < LANES ? (pixels + WIDTH - 1) / WIDTH : (int32_t)VECTORS; }

/* Copies of images for the taps of a convolution: each has pixels that some tap reads, one for each of the result. */
struct pictures {
  const float *x;
  float *y, *scratch;
  const int32_t *starts; /* of each picture: the row and the column of x that its first pixel comes from */
  int32_t pictures;
  int32_t begin, end; /* panels of each picture to lay, counted over all images */
  int32_t plain, height, width, channels;
  int32_t rows, columns; /* of a picture */
  int32_t stride_y, stride_x;
  int32_t row; /* numbers of scratch for the row of a channel */
};

/* Lanes of a panel that come from one row: how many from which on, and the pixel of x that the first reads. */
struct piece {
  int32_t lane, count, pixel;
};

/* The pieces of a panel of picture `k` that lie inside the image, and how many there are. */
UNROLLED int32_t find_pieces(const struct pictures *p, int32_t k, int32_t first, struct piece *pieces) {
  const int32_t pixels = p->rows * p->columns, end = first + LANES < pixels ? first + LANES : pixels;
  int32_t found = 0;
  for (int32_t at = first; at < end;) {
    const int32_t row = at / p->columns, next = (row + 1) * p->columns < end ? (row + 1) * p->columns : end;
    const int32_t y = p->starts[2 * k] + row * p->stride_y;
    /* Columns of x that the lanes read, the first and the one behind the last. */
    int32_t x = p->starts[2 * k + 1] + (at - row * p->columns) * p->stride_x;
    const int32_t skipped = x < 0 ? (-x + p->stride_x - 1) / p->stride_x : 0;
    x += skipped * p->stride_x;
    const int32_t room = x < p->width ? (p->width - 1 - x) / p->stride_x + 1 : 0, left = next - at - skipped;
    const int32_t count = left < room ? left : room;
    if (y >= 0 && y < p->height && count > 0)
      pieces[found++] = (struct piece){at - first + skipped, count, y * p->width + x};
    at = next;
  }
  return found;
}

/* A panel of a plain image, a number at a time. */
UNROLLED void lay_numbers(const struct pictures *p, const float *x, const struct piece *pieces, int32_t count, float *to) {
  for (int32_t l = 0; l < p->channels * LANES; l += WIDTH) vec_store(to + l, vec_all(0.0f));
  for (int32_t i = 0; i < count; ++i)
    for (int32_t k = 0; k < pieces[i].count; ++k) {
      const float *const from = x + (pieces[i].pixel + k * p->stride_x) * p->channels;
      for (int32_t c = 0; c < p->channels; ++c) to[c * LANES + pieces[i].lane + k] = from[c];
    }
}

#if VECTOR_BYTES == 64
/* What a vector of a picture has of a vector of x: where that begins, and which of its lanes come where. */
struct source {
  int32_t from;
  __mmask16 lanes;
  int8_t lane[WIDTH];
};

/* Vectors of x that are read together. */
enum { SOURCES = 4 };

/* All that a vector of a picture is made of: as many vectors of x as it has lanes, at most. */
struct made {
  int32_t count;
  struct source sources[WIDTH];
};

/* What the vectors of a panel are made of. */
ROUTINE void find_sources(const struct pictures *p, const struct piece *pieces, int32_t count, struct made *made) {
  for (int32_t v = 0; v < VECTORS; ++v) made[v] = (struct made){0};
  for (int32_t i = 0; i < count; ++i)
    for (int32_t k = 0; k < pieces[i].count; ++k) {
      const int32_t to = pieces[i].lane + k, pixel = pieces[i].pixel + k * p->stride_x;
      const int32_t from = pixel / LANES * p->channels * LANES + pixel % LANES / WIDTH * WIDTH;
      struct made *const m = made + to / WIDTH;
      /* Lanes come in the order of pixels. */
      if (m->count == 0 || m->sources[m->count - 1].from != from) m->sources[m->count++] = (struct source){from, 0, {0}};
      struct source *const s = m->sources + m->count - 1;
      s->lanes = (__mmask16)(s->lanes | 1u << to % WIDTH);
      s->lane[to % WIDTH] = (int8_t)(pixel % WIDTH);
    }
}

UNROLLED __m512i lanes_of(const struct source *s) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)s->lane));
}

/* A vector of some channels out of SOURCES of x, on top of what is there already unless these are the first. */
UNROLLED void make_vector(const struct source *s, const float *x, int32_t channels, int32_t first, float *to) {
  const __m512i lane0 = lanes_of(s), lane1 = lanes_of(s + 1), lane2 = lanes_of(s + 2), lane3 = lanes_of(s + 3);
  const __mmask16 lanes0 = s[0].lanes, lanes1 = s[1].lanes, lanes2 = s[2].lanes, lanes3 = s[3].lanes;
  const float *const x0 = x + s[0].from, *const x1 = x + s[1].from, *const x2 = x + s[2].from, *const x3 = x + s[3].from;
  for (int32_t c = 0; c < channels * LANES; c += LANES) {
    vec all = first ? vec_all(0.0f) : vec_load(to + c);
    all = _mm512_mask_permutexvar_ps(all, lanes0, lane0, vec_load(x0 + c));
    all = _mm512_mask_permutexvar_ps(all, lanes1, lane1, vec_load(x1 + c));
    all = _mm512_mask_permutexvar_ps(all, lanes2, lane2, vec_load(x2 + c));
    all = _mm512_mask_permutexvar_ps(all, lanes3, lane3, vec_load(x3 + c));
    vec_store(to + c, all);
  }
}

/* Some channels of a panel. */
ROUTINE void make_panel(const struct made *made, const float *x, int32_t channels, float *to) {
  for (int32_t v = 0; v < VECTORS; ++v, to += WIDTH) {
    make_vector(made[v].sources, x, channels, 1, to);
    for (int32_t i = SOURCES; i < made[v].count; i += SOURCES) make_vector(made[v].sources + i, x, channels, 0, to);
  }
}

/* Pictures that are made together, since they read the same vectors, and channels that are near while they are. */
enum { PICTURES = 4, NEAR = 16 };

/* A panel of some pictures, which are `apart`. */
UNROLLED void lay_panels(const struct pictures *p, const float *x, int32_t picture, int32_t pictures, int32_t first,
                         float *y, ptrdiff_t apart) {
  struct made made[PICTURES][VECTORS];
  struct piece pieces[LANES];
  for (int32_t k = 0; k < pictures; ++k)
    find_sources(p, pieces, find_pieces(p, picture + k, first, pieces), made[k]);
  for (int32_t channel = 0; channel < p->channels; channel += NEAR)
    for (int32_t k = 0; k < pictures; ++k)
      make_panel(made[k], x + channel * LANES, least(p->channels - channel, NEAR), y + k * apart + channel * LANES);
}
#else
/* Channels whose rows are laid flat before the first of them is read again, so that what was written has arrived. */
enum { TOGETHER = 8 };

/* Every stride-th number of `from` on: as many as a vector has, or the first of two vectors. */
UNROLLED vec pick_vector(const float *from, int32_t stride) {
#if VECTOR_BYTES > 4
  if (stride == 2) return vec_even(vec_load(from), vec_load(from + WIDTH));
#endif
  if (stride == 1) return vec_load(from);
  float lanes[WIDTH];
  for (int32_t l = 0; l < WIDTH; ++l) lanes[l] = from[l * stride];
  return vec_load(lanes);
}

/* Fewer numbers than a vector has, into a panel: those before them stay, and those behind them come later or are zero. */
UNROLLED void pick_few(const float *flat, int32_t row, int32_t stride, struct piece piece, int32_t channels, float *to) {
  const int32_t at = piece.lane < LANES - WIDTH ? piece.lane : LANES - WIDTH, before = piece.lane - at;
  int32_t picked[WIDTH], stays[WIDTH];
  for (int32_t l = 0; l < WIDTH; ++l) {
    picked[l] = -(l >= before && l < before + piece.count);
    stays[l] = -(l < before);
  }
  const mask kept = mask_load(picked), old = mask_load(stays);
  for (int32_t c = 0; c < channels; ++c, flat += row, to += LANES)
    vec_store(to + at, vec_either(vec_keep(vec_load(to + at), old), vec_keep(pick_vector(flat - before * stride, stride), kept)));
}

UNROLLED void pick_many(const float *flat, int32_t row, int32_t stride, struct piece piece, int32_t channels, float *to) {
  for (int32_t c = 0; c < channels; ++c, flat += row, to += LANES)
    for (int32_t i = 0; i < piece.count; i += WIDTH) {
      /* The last vector ends with the last number, and has some that were there already. */
      const int32_t at = i + WIDTH > piece.count ? piece.count - WIDTH : i;
      vec_store(to + piece.lane + at, pick_vector(flat + at * stride, stride));
    }
}

UNROLLED void pick(const float *flat, int32_t row, int32_t stride, struct piece piece, int32_t channels, float *to) {
  if (piece.count < WIDTH) pick_few(flat, row, stride, piece, channels, to);
  else pick_many(flat, row, stride, piece, channels, to);
}

/* Lays the rows that a piece reads of some channels flat, since they go from panel to panel. */
UNROLLED void lay_rows(const struct pictures *p, const float *x, struct piece piece, int32_t channels, float *to) {
  const int32_t begin = piece.pixel / WIDTH * WIDTH, end = piece.pixel + (piece.count - 1) * p->stride_x + 1;
  for (int32_t at = begin; at < end; at += WIDTH) {
    const float *from = x + at / LANES * p->channels * LANES + at % LANES;
    float *flat = to + at - begin;
    for (int32_t c = 0; c < channels; ++c, from += LANES, flat += p->row) vec_store(flat, vec_load(from));
  }
}

/* Some channels of a panel. */
UNROLLED void lay_pieces(const struct pictures *p, const float *x, const struct piece *pieces, int32_t count,
                         int32_t channels, float *to) {
  int32_t lanes = 0;
  for (int32_t i = 0; i < count; ++i) lanes += pieces[i].count;
  if (lanes < LANES)
    for (int32_t l = 0; l < channels * LANES; l += WIDTH) vec_store(to + l, vec_all(0.0f));
  for (int32_t i = 0; i < count; ++i) {
    const struct piece piece = pieces[i];
    /* Vectors reach past both ends. */
    float *const start = p->scratch + WIDTH * p->stride_x;
    if (channels == TOGETHER) lay_rows(p, x, piece, TOGETHER, start);
    else lay_rows(p, x, piece, channels, start);
    const float *const flat = start + piece.pixel % WIDTH;
    if (p->stride_x == 1) pick(flat, p->row, 1, piece, channels, to);
    else if (p->stride_x == 2) pick(flat, p->row, 2, piece, channels, to);
    else pick(flat, p->row, p->stride_x, piece, channels, to);
  }
}

/* Pictures are made one by one. */
enum { PICTURES = 1 };

UNROLLED void lay_panels(const struct pictures *p, const float *x, int32_t picture, int32_t pictures, int32_t first,
                         float *y, ptrdiff_t apart) {
  struct piece pieces[LANES];
  for (int32_t k = 0; k < pictures; ++k) {
    const int32_t count = find_pieces(p, picture + k, first, pieces);
    for (int32_t channel = 0; channel < p->channels; channel += TOGETHER)
      lay_pieces(p, x + channel * LANES, pieces, count, least(p->channels - channel, TOGETHER),
                 y + k * apart + channel * LANES);
  }
}
#endif

ROUTINE void lay_pictures(const struct pictures *p) {
  const int32_t pixels = p->height * p->width, size = p->rows * p->columns;
  const int32_t panels = (size + LANES - 1) / LANES;
  const int32_t image_size = (p->plain ? pixels : (pixels + LANES - 1) / LANES * LANES) * p->channels;
  const ptrdiff_t apart = (ptrdiff_t)panels * p->channels * LANES;
  /* All pictures of a panel read what is near each other. */
  for (int32_t panel = p->begin; panel < p->end; ++panel) {
    const int32_t image = panel / panels, at = panel - image * panels;
    const float *const x = p->x + (ptrdiff_t)image * image_size;
    float *const y = p->y + image * p->pictures * apart + (ptrdiff_t)at * p->channels * LANES;
    for (int32_t k = 0; k < p->pictures; k += PICTURES) {
      const int32_t pictures = least(p->pictures - k, PICTURES);
      if (!p->plain) lay_panels(p, x, k, pictures, at * LANES, y + k * apart, apart);
      for (int32_t i = 0; p->plain && i < pictures; ++i) {
        struct piece pieces[LANES];
        lay_numbers(p, x, pieces, find_pieces(p, k + i, at * LANES, pieces), y + (k + i) * apart);
      }
    }
  }
}

/* Where the next weights of a matrix are. A dense matrix has weights alone. */
struct stream {
  const int32_t *groups;  /* groups of rows in each block of columns */
  const uint16_t *rows;   /* those of each group, and of one more */
  const uint16_t *counts; /* columns of each group */
  const uint8_t *columns; /* those columns, counted from the block's first */
  const uint16_t *wide;   /* the same where groups share them, and blocks are wider */
  const float *weights;   /* one for each row of the group, column by column */
};

/* How sums end: in the last block with the bias and the residual, and within bounds. */
struct edge {
  int32_t first, last; /* before the first block y has nothing yet */
  const float *bias;
  const float *add; /* as y lies, or NULL */
  float low, high;
};

/* Where vector v of a row lies; those behind the panel are the next panel's. */
UNROLLED int32_t place_of(int32_t row, int v, int32_t y_step) {
  return row * LANES + (v < VECTORS ? v * WIDTH : y_step + (v - VECTORS) * WIDTH);
}

/*
 * Every block begins at zero, and bias and residual come last: the shorter a chain of sums, and the smaller what it
 * begins with, the less is rounded.
 */
UNROLLED void end_sum(const int first, const int last, struct edge e, vec sum, float *y, int32_t place, int32_t row) {
  if (!first) sum += vec_load(y + place);
  if (last) sum += vec_all(e.bias[row]);
  if (last && e.add) sum += vec_load(e.add + place);
  if (last) sum = vec_clamp(sum, e.low, e.high);
  vec_store(y + place, sum);
}

/* The same for some rows at once. Every loop is short enough for compilers to leave the sums in registers. */
UNROLLED void end_sums(const int height, const int count, struct edge e, vec *sums, const uint16_t *row, float *y,
                       int32_t y_step) {
  if (!e.first)
    for (int r = 0; r < height; ++r)
      for (int v = 0; v < count; ++v) sums[r * count + v] += vec_load(y + place_of(row[r], v, y_step));
  if (e.last) {
    for (int r = 0; r < height; ++r)
      for (int v = 0; v < count; ++v) sums[r * count + v] += vec_all(e.bias[row[r]]);
    if (e.add)
      for (int r = 0; r < height; ++r)
        for (int v = 0; v < count; ++v) sums[r * count + v] += vec_load(e.add + place_of(row[r], v, y_step));
    for (int r = 0; r < height; ++r)
      for (int v = 0; v < count; ++v) sums[r * count + v] = vec_clamp(sums[r * count + v], e.low, e.high);
  }
  for (int r = 0; r < height; ++r)
    for (int v = 0; v < count; ++v) vec_store(y + place_of(row[r], v, y_step), sums[r * count + v]);
}

/*
 * Pixels of which the last would have a vector of its own, as 7 x 7 do: it is worked out by itself, with the rows that share
 * a column side by side.
 */
enum { WITH_ONE = (VECTORS - 1) * WIDTH + 1 };

/* The sum of a row for one pixel, which lies at `place`. */
UNROLLED void end_one(struct edge e, float sum, float *y, int32_t place, int32_t row) {
  if (!e.first) sum += y[place];
  if (e.last) {
    sum += e.bias[row];
    if (e.add) sum += e.add[place];
    sum = sum < e.low ? e.low : sum;
    sum = e.high < sum ? e.high : sum;
  }
  y[place] = sum;
}

/* The lanes of a column, as one address: compilers would work out a part of it for each vector. */
UNROLLED const float *column_of(const float *x, uint16_t column) {
  const float *from = x + (size_t)column * LANES;
  __asm__("" : "+r"(from));
  return from;
}

typedef float four_weights __attribute__((vector_size(16)));

/*
 * `height` rows of a dense block of columns times a panel x, `count` vectors of every row in registers; those behind the
 * panel are the next panel's. With `one`, which takes four rows, there is one pixel more.
 */
UNROLLED void dense_tile(const int height, const int count, const int one, const int first, const int last, const float *weights,
                         int32_t columns, const float *x, int32_t x_step, float *y, int32_t y_step, int32_t row,
                         struct edge edge) {
  vec sums[SUMS + 4 * FUSED];
  for (int r = 0; r < height; ++r)
    for (int v = 0; v < count; ++v) sums[r * count + v] = vec_all(0.0f);
  four_weights after = {0};
  for (int32_t c = 0; c < columns; ++c, x += LANES, weights += height) {
    if (one) {
      four_weights four;
      memcpy(&four, weights, sizeof four);
      after += four * (x[count * WIDTH] - (four_weights){0});
    }
    for (int r = 0; r < height; ++r) {
      const vec weight = vec_all(weights[r]);
      for (int v = 0; v < count; ++v)
        sums[r * count + v] += weight * vec_load(v < VECTORS ? x + v * WIDTH : x + x_step + (v - VECTORS) * WIDTH);
    }
  }
  for (int r = 0; r < height; ++r)
    for (int v = 0; v < count; ++v) {
      const int32_t place = (row + r) * LANES + (v < VECTORS ? v * WIDTH : y_step + (v - VECTORS) * WIDTH);
      end_sum(first, last, edge, sums[r * count + v], y, place, row + r);
    }
  if (one)
    for (int r = 0; r < 4; ++r) end_one(edge, after[r], y, (row + r) * LANES + count * WIDTH, row + r);
}

UNROLLED void dense_block(const int height, const int count, const int one, const float *weights, int32_t columns, const float *x,
                          int32_t x_step, float *y, int32_t y_step, int32_t row, struct edge edge) {
  if (edge.first) dense_tile(height, count, one, 1, edge.last, weights, columns, x, x_step, y, y_step, row, edge);
  else dense_tile(height, count, one, 0, edge.last, weights, columns, x, x_step, y, y_step, row, edge);
}

/* All the vectors that a panel needs of `height` rows. */
UNROLLED void dense_strip(const int height, int32_t pixels, const float *weights, int32_t columns, const float *x,
                          int32_t x_step, float *y, int32_t y_step, int32_t row, struct edge edge) {
  const int32_t pass = SUMS / height < VECTORS ? SUMS / height : VECTORS;
  const int32_t step = pass < 4 ? 1 : pass / 4, vectors = (pixels + WIDTH - 1) / WIDTH;
  if (pass == VECTORS && vectors > VECTORS) {
    dense_block(height, VECTORS + FUSED, 0, weights, columns, x, x_step, y, y_step, row, edge);
    return;
  }
  if (height == 4 && pass == VECTORS && pixels == WITH_ONE) {
    dense_block(height, VECTORS - 1, 1, weights, columns, x, 0, y, 0, row, edge);
    return;
  }
  for (int32_t v = 0; v < vectors; v += pass) {
    const int32_t count = vectors - v, there = v < VECTORS ? v * WIDTH : y_step + (v - VECTORS) * WIDTH;
    const float *const from = v < VECTORS ? x + v * WIDTH : x + x_step + (v - VECTORS) * WIDTH;
    float *const to = y + there;
    struct edge here = edge;
    if (here.add) here.add += there;
    if (count > pass - step) dense_block(height, pass, 0, weights, columns, from, 0, to, 0, row, here);
    else if (count > 2 * step) dense_block(height, 3 * step, 0, weights, columns, from, 0, to, 0, row, here);
    else if (count > step) dense_block(height, 2 * step, 0, weights, columns, from, 0, to, 0, row, here);
    else dense_block(height, step, 0, weights, columns, from, 0, to, 0, row, here);
  }
}

/*
 * One block of columns of a dense matrix times a panel x, added up in y. Weights come four rows at a time, column by
 * column; what is left of the rows, in twos and ones.
 */
ROUTINE struct stream rows_dense(struct stream next, int32_t pixels, int32_t columns, int32_t rows, const float *x,
                                 int32_t x_step, float *y, int32_t y_step, struct edge edge) {
  int32_t row = 0;
  for (; row + 4 <= rows; row += 4, next.weights += 4 * columns)
    dense_strip(4, pixels, next.weights, columns, x, x_step, y, y_step, row, edge);
  for (; row + 2 <= rows; row += 2, next.weights += 2 * columns)
    dense_strip(2, pixels, next.weights, columns, x, x_step, y, y_step, row, edge);
  for (; row < rows; row += 1, next.weights += columns)
    dense_strip(1, pixels, next.weights, columns, x, x_step, y, y_step, row, edge);
  return next;
}

/* What a convolution with one tap and no padding takes. */
struct conv_1x1 {
  const float *x;
  float *y;
  const float *bias;
  const float *residual; /* added to the sums, or NULL */
  const float *slope; /* with PReLU: one for each output if slopes is 1, one for all if 0 */
  int32_t slopes;
  const int32_t *groups;
  const uint16_t *rows, *counts;
  const uint8_t *columns;
  const uint16_t *wide; /* columns of groups that share them */
  const float *weights;
  int32_t begin, end;         /* panels of y to compute, counted over all images */
  int32_t x_begin;            /* the panel that x begins with */
  int32_t y_begin, add_begin; /* panels that y and the residual begin with */
  int32_t pixels, inputs, outputs;
  int32_t block; /* columns whose part of a panel fits the fastest cache */
  float low, high;
};

/* Convolutions with one tap and no padding: every panel of x times the matrix of weights is a panel of y. */
ROUTINE void conv_1x1_dense(const struct conv_1x1 *p) {
  const int32_t x_step = p->inputs * LANES, y_step = p->outputs * LANES, panels = (p->pixels + LANES - 1) / LANES;
  const float *x = p->x + (ptrdiff_t)(p->begin - p->x_begin) * x_step;
  const float *add = p->residual ? p->residual + (ptrdiff_t)(p->begin - p->add_begin) * y_step : NULL;
  float *y = p->y + (ptrdiff_t)(p->begin - p->y_begin) * y_step;
  for (int32_t panel = p->begin; panel < p->end;) {
    const int32_t rest = p->pixels - panel % panels * LANES;
    /* A last panel of few pixels goes with the one before it. */
    const int32_t both = panel + 1 < p->end && rest > LANES && rest <= LANES + FUSED * WIDTH;
    const int32_t pixels = both ? rest : least(rest, LANES);
    struct stream next = {p->groups, p->rows, p->counts, p->columns, p->wide, p->weights};
    for (int32_t column = 0; column < p->inputs; column += p->block) {
      const int32_t left = p->inputs - column, columns = left < p->block ? left : p->block;
      const struct edge edge = {column == 0, left == columns, p->bias, add, p->low, p->high};
      next = rows_dense(next, pixels, columns, p->outputs, x + column * LANES, x_step, y, y_step, edge);
    }
    panel += both ? 2 : 1;
    x += both ? 2 * x_step : x_step;
    y += both ? 2 * y_step : y_step;
    if (add) add += both ? 2 * y_step : y_step;
  }
}

/* What a function of single numbers takes. */
struct map {
  const float *x;
  float *y;
  int32_t count;
};

/* tanh of every number. */
ROUTINE void map_tanh(const struct map *p) {
  const float *const restrict x = p->x;
  float *const restrict y = p->y;
  const int32_t count = p->count;
  for (int32_t i = 0; i < count; ++i) {
    const float of_x = x[i];
    y[i] = tanh_f32(of_x);
  }
}

typedef float quad __attribute__((vector_size(16)));

UNROLLED quad quad_load(const float *from) {
  quad q;
  memcpy(&q, from, sizeof q);
  return q;
}

UNROLLED void quad_store(float *to, quad q) { memcpy(to, &q, sizeof q); }

/* Four numbers of each of four rows, as columns. */
UNROLLED void transpose_quads(const float *x, int32_t x_step, float *y, int32_t y_step) {
  const quad a = quad_load(x), b = quad_load(x + x_step), c = quad_load(x + 2 * x_step), d = quad_load(x + 3 * x_step);
  const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  quad_store(y, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  quad_store(y + y_step, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  quad_store(y + 2 * y_step, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
  quad_store(y + 3 * y_step, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

/* Rows of x, `x_step` apart, become columns of y, whose rows are `y_step` apart. */
ROUTINE void transpose_block(const float *x, int32_t x_step, float *y, int32_t y_step, int32_t rows, int32_t columns) {
  if (columns == 1 && x_step == 1) {
    memcpy(y, x, (size_t)rows * sizeof *y);
    return;
  }
  const int32_t quad_rows = rows - rows % 4, quad_columns = columns - columns % 4;
  for (int32_t c = 0; c < quad_columns; c += 4)
    for (int32_t r = 0; r < quad_rows; r += 4)
      transpose_quads(x + r * x_step + c, x_step, y + c * y_step + r, y_step);
  for (int32_t c = quad_columns; c < columns; ++c)
    for (int32_t r = 0; r < quad_rows; ++r) y[c * y_step + r] = x[r * x_step + c];
  for (int32_t r = quad_rows; r < rows; ++r)
    for (int32_t c = 0; c < columns; ++c) y[c * y_step + r] = x[r * x_step + c];
}

/* Panels as row-major images. */
struct out_of_panels {
  const float *x;
  float *y;
  int32_t images, pixels, channels;
};

ROUTINE void out_of_panels(const struct out_of_panels *p) {
  const float *x = p->x;
  float *y = p->y;
  for (int32_t image = 0; image < p->images; ++image)
    for (int32_t pixel = 0; pixel < p->pixels; pixel += LANES) {
      const int32_t left = p->pixels - pixel, pixels = left < LANES ? left : (int32_t)LANES;
      if (p->channels == 1) memcpy(y, x, (size_t)pixels * sizeof *y);
      else transpose_block(x, LANES, y, p->channels, p->channels, pixels);
      x += p->channels * LANES;
      y += pixels * p->channels;
    }
}

static void step_2_cast(int32_t *restrict v_i, const float *restrict v_t) {
  for (int32_t i = 0; i < 256; ++i) {
    v_i[i] = float_to_int(v_t[i] == v_t[i] ? min_f32(max_f32(v_t[i], -2147483600.0f), 2147483500.0f) : 0.0f);
  }
}

static void step_3_cast(float *restrict v_k, const int32_t *restrict v_i) {
  for (int32_t i = 0; i < 256; ++i) {
    v_k[i] = (float)v_i[i];
  }
}

static void step_4_select(float *restrict v_s, const int32_t *restrict v_i, const float *restrict v_t,
                          const float *restrict v_k) {
  for (int32_t i = 0; i < 256; ++i) {
    v_s[i] = v_i[i] ? v_t[i] : v_k[i];
  }
}

size_t tiny_workspace_size(void) {
  return TINY_WORKSPACE_SIZE;
}

int tiny_run(const tiny_inputs *inputs, tiny_outputs *outputs, void *workspace) {
  if (inputs == NULL || outputs == NULL || workspace == NULL) return TINY_NULL;
  if (inputs->image == NULL) return TINY_NULL;
  if ((uintptr_t)inputs->image % _Alignof(float) != 0) return TINY_MISALIGNED;
  if (outputs->probability == NULL) return TINY_NULL;
  if ((uintptr_t)outputs->probability % _Alignof(float) != 0) return TINY_MISALIGNED;
  if ((uintptr_t)workspace % 64 != 0) return TINY_MISALIGNED;

  const float *const v_x = inputs->image;
  float *const v_s_out = outputs->probability;
  unsigned char *const arena = workspace;

  // %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x4x7x4, panel 64] from "layer \"one\"\n\u002a\u002f 2"
  float *const v_c = (void *)(arena + 10496);
  float *const v_c_pictures = (void *)(arena + 11520);
  float *const v_c_flat = (void *)(arena + 0);
  STEP(0) {
    lay_pictures(&(const struct pictures){
      .x = v_x, .y = v_c_pictures, .scratch = v_c_flat, .starts = tiny_weights.v_c_starts, .pictures = 1,
      .end = 1, .plain = 1, .height = 4, .width = 7, .channels = 2, .rows = 4, .columns = 7, .stride_y = 1,
      .stride_x = 1, .row = 327,
    });
    conv_1x1_dense(&(const struct conv_1x1){
      .x = v_c_pictures, .y = v_c, .bias = tiny_weights.v_b, .weights = tiny_weights.v_c_weights, .end = 1,
      .inputs = 2, .outputs = 4, .low = 0.0f, .high = 6.0f, .block = 2, .pixels = 28,
    });
  }

  // %t = unary(%c) fn=tanh : f32[1x4x7x4, panel 64]
  float *const v_t = (void *)(arena + 0);
  STEP(1) map_tanh(&(const struct map){
    .x = v_c, .y = v_t, .count = 256,
  });

  // %i = cast(%t) to=i32 : i32[1x4x7x4, panel 64]
  int32_t *const v_i = (void *)(arena + 1024);
  STEP(2) step_2_cast(v_i, v_t);

  // %k = cast(%i) to=f32 : f32[1x4x7x4, panel 64]
  float *const v_k = (void *)(arena + 2048);
  STEP(3) step_3_cast(v_k, v_i);

  // %s = select(%i, %t, %k) : f32[1x4x7x4, panel 64]
  float *const v_s = (void *)(arena + 3072);
  STEP(4) step_4_select(v_s, v_i, v_t, v_k);

  // %s_out = relayout(%s) : f32[1x4x7x4]
  STEP(5) out_of_panels(&(const struct out_of_panels){
    .x = v_s, .y = v_s_out, .images = 1, .pixels = 28, .channels = 4,
  });

  return TINY_OK;
}
