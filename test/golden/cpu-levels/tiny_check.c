/*
 * Runs tiny on recorded inputs and compares with recorded outputs: a check for the machine that it will run on.
 * Prints the largest error of each output, relative to its largest number, and exits with 0 if all are within 1e-5.
 */
#include "tiny.h"
#include "tiny_recorded.h"

#include <stdio.h>
#include <string.h>

static _Alignas(64) unsigned char workspace[TINY_WORKSPACE_SIZE];
static float got_y[TINY_OUTPUT_y_LENGTH];

static int check(const char *name, double error) {
  const int good = error <= 1e-5;
  printf("%s: largest error %.3g%s\n", name, error, good ? "" : ", which is too much");
  return good;
}

/* max |got - wanted| / max |wanted|; equal infinities and NaN agree. */
static double error_float(const float *got, const float *wanted, size_t length) {
  double error = 0.0, scale = 0.0;
  for (size_t i = 0; i < length; ++i) {
    const double a = (double)got[i], b = (double)wanted[i];
    const double magnitude = b < 0.0 ? -b : b;
    if (a == b || (a != a && b != b)) {
      if (magnitude > scale && magnitude - magnitude == 0.0) scale = magnitude;
      continue;
    }
    const double difference = a < b ? b - a : a - b;
    if (!(difference <= error)) error = difference - difference == 0.0 ? difference : 1e30;
    if (magnitude > scale) scale = magnitude;
  }
  return error == 0.0 ? 0.0 : error / (scale > 0.0 ? scale : 1.0);
}

int main(void) {
  const tiny_inputs inputs = {
    .x = tiny_recorded.in_x,
  };
  tiny_outputs outputs = {
    .y = got_y,
  };
  static const char *const levels[] = {
    "baseline",
    "x86-64-v3",
    "x86-64-v4",
  };
  int good = 1;
  for (int level = 0; level <= tiny_level(); ++level) {
    memset(got_y, 0xff, sizeof got_y);
    const int status = tiny_run_at(level, &inputs, &outputs, workspace);
    if (status != 0) {
      printf("tiny_run_at(%d) returned %d\n", level, status);
      return 2;
    }
    printf("%s\n", levels[level]);
    good &= check("y", error_float(got_y, tiny_recorded.out_y, TINY_OUTPUT_y_LENGTH));
  }
  printf(good ? "ok\n" : "failed\n");
  return good ? 0 : 1;
}
