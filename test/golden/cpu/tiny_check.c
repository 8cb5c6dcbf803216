/*
 * Runs tiny on recorded inputs and compares with recorded outputs: a check for the machine that it will run on.
 * Prints the largest error of each output, relative to its largest number, and exits with 0 if all are within 1e-5.
 */
#include "tiny.h"
#include "tiny_recorded.h"

#include <stdio.h>

static _Alignas(64) unsigned char workspace[TINY_WORKSPACE_SIZE];
static float got_probability[TINY_OUTPUT_probability_LENGTH];

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
    .image = tiny_recorded.in_image,
  };
  tiny_outputs outputs = {
    .probability = got_probability,
  };
  const int status = tiny_run(&inputs, &outputs, workspace);
  if (status != 0) {
    printf("tiny_run returned %d\n", status);
    return 2;
  }
  int good = 1;
  good &= check("probability", error_float(got_probability, tiny_recorded.out_probability, TINY_OUTPUT_probability_LENGTH));
  printf(good ? "ok\n" : "failed\n");
  return good ? 0 : 1;
}
