/*
 * CUDA on this machine, for tests: what nvcc compiles, unchanged, g++ compiles with this folder as an include path and runs
 * thread by thread. See shim/block.h, barriers.h and products.h for what is checked and shim/settings.h for faults that can be asked for.
 *
 *   g++ -x c++ -std=c++17 -I test/cuda-shim -Wno-unknown-pragmas model.cu
 *
 * Kernels are launched by cudaLaunchKernel and cudaLaunchKernelEx; <<<...>>> is no C++.
 */
#pragma once
#define CUDA_SHIM 1
#define CUDART_VERSION 13000

#include "shim/types.h"
#include "shim/intrinsics.h"
#include "shim/together.h"
#include "shim/copies.h"
#include "shim/tensor.h"
#include "shim/barriers.h"
#include "shim/errors.h"
#include "shim/device.h"
#include "shim/memory.h"
#include "shim/stream.h"
#include "shim/launch.h"
