/* tiny for every CPU that the compiler makes code for by default. */
#include "tiny_levels.h"

#define TINY_RUN tiny_run_baseline
#include "tiny.c"
