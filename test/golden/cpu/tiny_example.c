/*
 * Runs tiny on files of raw little-endian numbers:
 *
 *     tiny_example [--repeat N] image.bin probability_out.bin
 *
 * With --repeat it runs N times more and prints the median and the shortest time as one line of JSON.
 */
#include "tiny.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Alignas(64) unsigned char workspace[TINY_WORKSPACE_SIZE];
static _Alignas(64) float in_image[TINY_INPUT_image_LENGTH];
static _Alignas(64) float out_probability[TINY_OUTPUT_probability_LENGTH];

static int read_file(const char *path, void *to, size_t bytes) {
  FILE *const file = fopen(path, "rb");
  const size_t got = file ? fread(to, 1, bytes, file) : 0;
  const int longer = file && fgetc(file) != EOF;
  if (file) fclose(file);
  if (got == bytes && !longer) return 1;
  fprintf(stderr, "%s: not a file of %zu bytes\n", path, bytes);
  return 0;
}

static int write_file(const char *path, const void *from, size_t bytes) {
  FILE *const file = fopen(path, "wb");
  const size_t put = file ? fwrite(from, 1, bytes, file) : 0;
  if (file && fclose(file) == 0 && put == bytes) return 1;
  fprintf(stderr, "%s: cannot be written\n", path);
  return 0;
}

static double milliseconds(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  enum { MOST_REPEATS = 100000 };
  static double times[MOST_REPEATS];
  int repeat = 0, at = 1;
  if (count > 2 && strcmp(arguments[1], "--repeat") == 0) {
    repeat = atoi(arguments[2]);
    at = 3;
  }
  if (count - at != 2 || repeat < 0 || repeat > MOST_REPEATS) {
    fprintf(stderr, "usage: %s [--repeat N] image.bin probability_out.bin\n", arguments[0]);
    return 2;
  }
  if (!read_file(arguments[at++], in_image, sizeof in_image)) return 1;

  const tiny_inputs inputs = {
    .image = in_image,
  };
  tiny_outputs outputs = {
    .probability = out_probability,
  };
  if (tiny_run(&inputs, &outputs, workspace) != 0) return 1;
  for (int i = 0; i < repeat; ++i) {
    const double before = milliseconds();
    tiny_run(&inputs, &outputs, workspace);
    times[i] = milliseconds() - before;
  }
  if (repeat > 0) {
    qsort(times, (size_t)repeat, sizeof times[0], ascending);
    printf("{\"medianMs\":%.6f,\"minMs\":%.6f}\n", times[repeat / 2], times[0]);
  }

  if (!write_file(arguments[at++], out_probability, sizeof out_probability)) return 1;
  return 0;
}
